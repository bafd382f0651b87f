"""What each operation asks of a key. An operation that is not listed is refused to everybody."""

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
# What has to answer before anybody can show a key.
PUBLIC: Final = frozenset({"beginSession", "endSession", "getHealth", "getReadiness"})

SCOPES: Final[dict[str, Scope]] = {
    **dict.fromkeys(READ, "read"),
    **dict.fromkeys(SUBMIT, "submit"),
    **dict.fromkeys(MANAGE, "manage"),
}
