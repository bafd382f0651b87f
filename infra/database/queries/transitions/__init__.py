"""State transitions of images: the only code that writes `images.status`.

Each transition is one SQL statement that checks the previous state, so that concurrent transitions
of the same image cannot both take effect. `TRANSITIONS` lists all of them; the state diagram in the
README shows the same ones.
"""

from collections.abc import Callable
from typing import LiteralString, NamedTuple

from core.types import ImageStatus
from infra.database.queries.transitions.cancel import CANCEL_JOB, cancel_job
from infra.database.queries.transitions.claim import (
    CLAIM_IMAGES,
    RELEASE_IMAGES,
    ClaimedImage,
    claim_images,
    release_images,
    renew_lease,
)
from infra.database.queries.transitions.columns import CHANGES_CHANNEL, PUBLISH_DELAY
from infra.database.queries.transitions.reclassify import (
    RERUN_IMAGES,
    Scope,
    find_for_reclassification,
    reclassify_images,
)
from infra.database.queries.transitions.recovery import (
    RECLAIM_EXPIRED,
    RecoveredImage,
    reclaim_expired,
)
from infra.database.queries.transitions.retry import RETRY_IMAGES, Ended, Retry, retry_images
from infra.database.queries.transitions.settle import (
    FAIL_IMAGES,
    FINISH_IMAGES,
    BatchResults,
    Classified,
    Failed,
    settle_images,
)
from infra.database.queries.transitions.submit import SUBMIT_IMAGES, submit_images

__all__ = [
    "CHANGES_CHANNEL",
    "PUBLISH_DELAY",
    "TRANSITIONS",
    "BatchResults",
    "ClaimedImage",
    "Classified",
    "Ended",
    "Failed",
    "RecoveredImage",
    "Retry",
    "Scope",
    "Transition",
    "cancel_job",
    "claim_images",
    "find_for_reclassification",
    "reclaim_expired",
    "reclassify_images",
    "release_images",
    "renew_lease",
    "retry_images",
    "settle_images",
    "submit_images",
]


class Transition(NamedTuple):
    """A legal change of an image's state. `before` is None if the image is new."""

    before: ImageStatus | None
    after: ImageStatus
    function: Callable[..., object]
    statement: LiteralString


TRANSITIONS = (
    Transition(None, "queued", submit_images, SUBMIT_IMAGES),
    Transition("queued", "running", claim_images, CLAIM_IMAGES),
    Transition("running", "done", settle_images, FINISH_IMAGES),
    Transition("running", "failed", settle_images, FAIL_IMAGES),
    Transition("running", "queued", release_images, RELEASE_IMAGES),
    Transition("running", "queued", reclaim_expired, RECLAIM_EXPIRED),
    Transition("running", "failed", reclaim_expired, RECLAIM_EXPIRED),
    Transition("queued", "cancelled", cancel_job, CANCEL_JOB),
    Transition("failed", "queued", retry_images, RETRY_IMAGES),
    Transition("cancelled", "queued", retry_images, RETRY_IMAGES),
    Transition("failed", "queued", submit_images, SUBMIT_IMAGES),
    Transition("cancelled", "queued", submit_images, SUBMIT_IMAGES),
    Transition("done", "queued", reclassify_images, RERUN_IMAGES),
    Transition("failed", "queued", reclassify_images, RERUN_IMAGES),
    Transition("cancelled", "queued", reclassify_images, RERUN_IMAGES),
)
