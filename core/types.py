"""States and kinds that every part of the service knows."""

from datetime import timedelta
from typing import Literal

ImageStatus = Literal["queued", "running", "done", "failed", "cancelled"]

Lane = Literal["interactive", "bulk"]

Outcome = Literal["accepted", "duplicate", "rejected"]

# What a worker held is given to others when it has been silent this long. A machine that is
# merely overloaded needs the patience: whatever is taken back counts as a crash.
DEAD_AFTER = timedelta(seconds=15)
