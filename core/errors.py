"""Exceptions that the service raises deliberately.

    GalleryError
    ├── NotFoundError             no row has the requested id
    ├── FeatureOffError           a prerequisite of the feature is not installed
    ├── NotAuthenticatedError     the API key is missing or invalid
    ├── NotAllowedError           the API key lacks the required scope, or the request is forbidden
    ├── RateLimitedError          the client exceeded its requests per minute
    ├── ConflictError             the request is valid, but the current state does not allow it
    ├── PreconditionFailedError   the object is not in the state that the client expects
    ├── InvalidRequestError       the request is malformed
    │   ├── RequestTooLargeError
    │   ├── RequestStalledError
    │   ├── IdempotencyKeyReusedError
    │   └── QuerySyntaxError      a search that cannot be parsed; carries the position
    ├── CodedError                concerns one file or image; carries a stable failure code
    │   ├── FileRejectedError     an uploaded file failed validation
    │   └── ClassificationError   an accepted image cannot be classified
    ├── UnavailableError          a backend service is unavailable; the client may retry
    │   ├── DatabaseUnavailableError
    │   ├── QueueUnavailableError
    │   ├── ObjectStoreUnavailableError
    │   └── BusyError             a concurrency limit is reached
    ├── ObjectNotFoundError       object storage has no object with this key
    ├── ModelError                the model cannot be loaded or fails its self-test
    │   └── WeightsNotFoundError
    └── ConfigurationError        a setting is missing or invalid

The classes are independent of HTTP and Celery. `api.exception_handlers` maps them to HTTP problems.
"""

from typing import ClassVar


class GalleryError(Exception):
    """Base class of all deliberate errors.

    Args:
        message: Text for users; `default_message` of the class if omitted.
    """

    default_message: ClassVar[str] = "The operation failed."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.default_message)


class NotFoundError(GalleryError):
    """No row has the requested id."""

    default_message = "Not found."


class NotAuthenticatedError(GalleryError):
    """The API key or session is missing or invalid."""

    default_message = "Missing or invalid API key."


class NotAllowedError(GalleryError):
    """The API key lacks the required scope, or the request is forbidden."""

    default_message = "This request is not permitted."


class RateLimitedError(GalleryError):
    """The client exceeded a rate limit.

    Args:
        limit: Permitted requests per minute.
        retry_after: Seconds until the current window ends.
    """

    def __init__(self, *, limit: int, retry_after: int) -> None:
        super().__init__(
            f"Rate limit of {limit} requests per minute exceeded; retry in {retry_after} s."
        )
        self.limit = limit
        self.retry_after = retry_after


class ConflictError(GalleryError):
    """The current state does not allow a valid request."""

    default_message = "The request conflicts with the current state; retry later."


class PreconditionFailedError(GalleryError):
    """The object is not in the state that the client expects."""

    default_message = "The object has changed since it was read."


class InvalidRequestError(GalleryError):
    """The request is malformed."""

    default_message = "The request is malformed."


class RequestTooLargeError(InvalidRequestError):
    """The request body exceeds a size limit."""

    default_message = "The request exceeds the size limit; send fewer or smaller files."


class RequestStalledError(InvalidRequestError):
    """The request body arrived too slowly or stopped arriving."""

    default_message = "The request body arrived too slowly; send the request again."


class IdempotencyKeyReusedError(InvalidRequestError):
    """An Idempotency-Key was sent again with different files."""

    default_message = (
        "This Idempotency-Key was already used with different files; use a new key for each "
        "submission."
    )


class QuerySyntaxError(InvalidRequestError):
    """A search cannot be parsed.

    Args:
        message: What is wrong, for users.
        start: Index of the first wrong character, from 0.
        end: Index after the last wrong character; `start + 1` if omitted.
    """

    def __init__(self, message: str, start: int, end: int | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = start + 1 if end is None else end


class FeatureOffError(GalleryError):
    """A prerequisite of the requested feature is not installed."""

    default_message = "This installation does not support the requested feature."


class CodedError(GalleryError):
    """Error about one file or image.

    Args:
        code: Stable failure code, for programs.
        detail: Explanation in one sentence, for users.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class FileRejectedError(CodedError):
    """An uploaded file failed validation; nothing of it is stored."""


class ClassificationError(CodedError):
    """An accepted image cannot be classified."""


class UnavailableError(GalleryError):
    """A backend service is unavailable; the client may retry."""

    default_message = "A backend service is unavailable; retry in a few seconds."


class DatabaseUnavailableError(UnavailableError):
    """Postgres is unreachable or too slow."""

    default_message = "The database is unavailable; retry in a few seconds."


class QueueUnavailableError(UnavailableError):
    """Redis is unreachable; queued images are published after it recovers."""

    default_message = "The queue is unavailable; queued images are published after it recovers."


class ObjectStoreUnavailableError(UnavailableError):
    """Object storage is unreachable or refuses requests."""

    default_message = "Object storage is unavailable; retry in a few seconds."


class BusyError(UnavailableError):
    """A concurrency limit is reached."""

    default_message = "Too many uploads in progress; retry in a few seconds."


class ObjectNotFoundError(GalleryError):
    """Object storage has no object with this key."""

    default_message = "Object storage has no object with this key."


class ModelError(GalleryError):
    """The model cannot be loaded or fails its self-test."""

    default_message = "The model failed its self-test."


class WeightsNotFoundError(ModelError):
    """The model weights file is missing."""

    default_message = "Model weights not found; set GALLERY_WEIGHTS."


class MigrationError(GalleryError):
    """An applied migration differs from its file."""

    default_message = "An applied migration was edited."


class ConfigurationError(GalleryError):
    """A setting is missing or invalid."""

    default_message = "A setting is missing or invalid."
