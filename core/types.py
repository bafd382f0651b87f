"""Types shared by the API, the worker and the database layer."""

from datetime import timedelta
from typing import Literal

ImageStatus = Literal["queued", "running", "done", "failed", "cancelled"]
"""State of an image in the classification queue."""

Lane = Literal["interactive", "bulk"]
"""Celery queue of an image: `interactive` for small submissions, `bulk` for large ones."""

Outcome = Literal["accepted", "duplicate", "rejected"]
"""Result of validating one uploaded file."""

DEAD_AFTER = timedelta(seconds=15)
"""Age of the last heartbeat after which a worker counts as dead and its images are reclaimed.

The margin is generous because a reclaimed image counts as a possible crash, and an overloaded
machine may delay heartbeats.
"""
