"""Every error the service raises on purpose.

    GalleryError
    ├── NotFoundError             an id that names nothing
    ├── FeatureOffError           this installation lacks what the request needs
    ├── NotAuthenticatedError     no key, or none that counts
    ├── NotAllowedError           a key that does not reach as far
    ├── RateLimitedError          too many requests in this minute
    ├── ConflictError             the request is fine, the state it meets is not
    ├── InvalidRequestError       the request as a whole cannot be understood
    │   ├── RequestTooLargeError
    │   ├── RequestStalledError
    │   ├── IdempotencyKeyReusedError
    │   └── QuerySyntaxError      a search that cannot be understood; says where
    ├── FileRejectedError         one file is refused at the door; carries a stable code
    ├── ClassificationError       one picture cannot be classified; carries a stable code
    ├── UnavailableError          something we stand on is away; try again
    │   ├── DatabaseUnavailableError
    │   ├── QueueUnavailableError
    │   ├── ObjectStoreUnavailableError
    │   └── BusyError
    ├── ObjectNotFoundError       object storage has no such key
    ├── ModelError                the model is not the one it claims to be
    │   └── WeightsNotFoundError
    └── ConfigurationError        a setting is missing or cannot be used

They know nothing of HTTP or Celery; each edge translates them once.
"""


class GalleryError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class NotFoundError(GalleryError):
    """There is nothing with this id."""


class NotAuthenticatedError(GalleryError):
    """A key is needed, and none that counts was sent."""


class NotAllowedError(GalleryError):
    """That is not allowed."""


class RateLimitedError(GalleryError):
    """Too many requests. Try again when the minute is over."""

    def __init__(self, *, limit: int, retry_after: int) -> None:
        super().__init__(
            f"That was more than {limit} requests in a minute. Try again in {retry_after} s."
        )
        self.limit = limit
        self.retry_after = retry_after


class ConflictError(GalleryError):
    """That is not possible in the present state."""


class InvalidRequestError(GalleryError):
    """The request cannot be understood."""


class RequestTooLargeError(InvalidRequestError):
    """The request carries more than the service takes at once."""


class RequestStalledError(InvalidRequestError):
    """The request came too slowly, or stopped coming."""


class IdempotencyKeyReusedError(InvalidRequestError):
    """This Idempotency-Key stands for other files. Choose a new one for every submission."""


class QuerySyntaxError(InvalidRequestError):
    """A search that cannot be understood, from character `start` to `end` (from 0)."""

    def __init__(self, message: str, start: int, end: int | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = start + 1 if end is None else end


class FeatureOffError(GalleryError):
    """This installation cannot do that."""


class CodedError(GalleryError):
    """An error about one picture: a stable code for programs, a sentence for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class FileRejectedError(CodedError):
    """A file that is refused before anything of it is kept."""


class ClassificationError(CodedError):
    """A picture that was accepted and turns out not to be classifiable."""


class UnavailableError(GalleryError):
    """Something the service needs is away. Try again in a moment."""


class DatabaseUnavailableError(UnavailableError):
    """The database is away. Try again in a moment."""


class QueueUnavailableError(UnavailableError):
    """The queue is away; what is waiting will be announced when it is back."""


class ObjectStoreUnavailableError(UnavailableError):
    """Object storage is away. Try again in a moment."""


class BusyError(UnavailableError):
    """As many uploads as the service takes at once are under way. Try again in a moment."""


class ObjectNotFoundError(GalleryError):
    """There is no object with this key."""


class ModelError(GalleryError):
    """The model does not answer as it must."""


class WeightsNotFoundError(ModelError):
    """No model weights were found."""


class ConfigurationError(GalleryError):
    """A setting is missing or cannot be used."""
