"""The one small interface to object storage, and how an address becomes a store."""

from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError
from infra.storage.local import LocalObjects


class ObjectStore(Protocol):
    """Whole objects by key. Every method may raise ObjectStoreUnavailableError."""

    def put(self, key: str, data: BinaryIO, size: int, media_type: str) -> None:
        """Store `size` bytes of `data`; on return they are durable and readable by everyone."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes.

        Raises:
            ObjectNotFoundError: there is no such key.
        """

    def delete(self, key: str) -> None:
        """Remove an object; a missing one is no error."""

    def check(self) -> None:
        """Return when the store answers."""


def original_key(sha256: bytes) -> str:
    return f"originals/{sha256.hex()}"


def thumbnail_key(sha256: bytes) -> str:
    return f"thumbnails/{sha256.hex()}"


def open_objects(url: str) -> ObjectStore:
    """Open the store an address names: `file:///DIR` or `http(s)://KEY:SECRET@HOST:PORT/BUCKET`.

    Raises:
        ConfigurationError: the address is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return LocalObjects(unquote(parts.path))
    bucket = parts.path.strip("/")
    if parts.scheme in ("http", "https") and parts.hostname and bucket:
        # Here, not at the top: a third of a second for those who keep files.
        from infra.storage.s3 import S3Objects  # noqa: PLC0415

        return S3Objects(
            endpoint=f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname,
            bucket=bucket,
            access_key=unquote(parts.username or ""),
            secret_key=unquote(parts.password or ""),
            secure=parts.scheme == "https",
        )
    raise ConfigurationError(
        "GALLERY_OBJECTS_URL must be file:///DIR or http(s)://KEY:SECRET@HOST:PORT/BUCKET."
    )
