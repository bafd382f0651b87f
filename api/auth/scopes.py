"""Required scope of each operation. An operation that is not listed is refused for every key."""

from typing import Final

from infra.database.queries.api_keys import Scope

READ: Final = (
    "exportChosen",
    "exportImages",
    "getImage",
    "getJob",
    "getLimits",
    "getMetrics",
    "getOriginal",
    "getStatus",
    "getThumbnail",
    "listImages",
    "listJobs",
    "listSimilar",
    "listTags",
)
SUBMIT: Final = ("addImagesToJob", "createJob", "findKnownImages")
MANAGE: Final = (
    "cancelJob",
    "deleteImage",
    "deleteImages",
    "purgeImages",
    "rerunImages",
    "restoreImage",
    "restoreImages",
    "retryImage",
    "retryImages",
    "retryJob",
)
# Operations that need no key: sign-in, sign-out and health probes.
PUBLIC: Final = frozenset({"beginSession", "endSession", "getHealth", "getReadiness"})

SCOPES: Final[dict[str, Scope]] = {
    **dict.fromkeys(READ, "read"),
    **dict.fromkeys(SUBMIT, "submit"),
    **dict.fromkeys(MANAGE, "manage"),
}
