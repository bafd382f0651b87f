"""Maximum size of request bodies, declared where each route is defined."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

SIGN_IN_BYTES: Final = 1 << 10
# 1,000 hashes of a lookup take 67 KB.
DEFAULT_BYTES: Final = 100 << 10
# The ids of an export of 100,000 selected images take 4 MB.
ID_LIST_BYTES: Final = 8 << 20

_ATTRIBUTE: Final = "gallery_max_body_bytes"


def accepts_body(max_bytes: int) -> Callable[[Endpoint], Endpoint]:
    """Declare the maximum size of a route's body; without a declaration it is `DEFAULT_BYTES`.

    Upload routes read their bodies themselves and apply the limits of the settings.
    """

    def declare(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, max_bytes)
        return endpoint

    return declare


def max_body_of(endpoint: object) -> int:
    """Return the maximum size in bytes that a route declares."""
    return getattr(endpoint, _ATTRIBUTE, DEFAULT_BYTES)
