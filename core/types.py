"""Types shared by the API, the worker and the database layer.

The states are Literals, not enums: rows are read and serialised by the thousand without conversion,
and the OpenAPI document lists the values inline.
"""

from datetime import timedelta
from typing import Final, Literal

ImageStatus = Literal["queued", "running", "done", "failed", "cancelled"]
"""Status of an image. `infra.database.queries.transitions` lists all transitions.

| status | meaning |
| --- | --- |
| `queued` | The image waits for a worker. |
| `running` | A worker has claimed the image and holds a lease on it. |
| `done` | The image has been classified and has five predictions. |
| `failed` | The image cannot be classified; `failure_code` and `failure_detail` give the reason. |
| `cancelled` | All jobs that submitted the image were cancelled while it was queued. |
"""

Lane = Literal["interactive", "bulk"]
"""Celery queue of an image. Workers take images of `bulk` only while `interactive` is empty.

| lane | meaning |
| --- | --- |
| `interactive` | Images of small jobs, which a user waits for. |
| `bulk` | Images of jobs with more than `BULK_FROM` files, and images that are reclassified. |
"""

Outcome = Literal["accepted", "duplicate", "rejected"]
"""Result of submitting one file.

| outcome | meaning |
| --- | --- |
| `accepted` | The file is a new image, or one that was in the trash, failed or cancelled. |
| `duplicate` | The gallery already contains an image with the same bytes. |
| `rejected` | The file is not an acceptable image; the item names the problem. |
"""

BULK_FROM: Final = 16
"""Number of files of a job above which its images use the lane `bulk`."""

DEAD_AFTER = timedelta(seconds=15)
"""Age of the last heartbeat after which a worker counts as dead and its images are reclaimed.

The margin is generous because a reclaimed image counts as a possible crash, and an overloaded
machine may delay heartbeats.
"""
