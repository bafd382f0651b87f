"""Interface to object storage, and a factory that opens a store by its address."""

from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError
from infra.storage.local import LocalObjects


class ObjectStore(Protocol):
    """Store of whole objects by key. Every method may raise ObjectStoreUnavailableError."""

    def put(self, key: str, data: BinaryIO, size: int, media_type: str) -> None:
        """Store `size` bytes of `data`. On return they are durable and visible to all processes."""

    def get(self, key: str) -> bytes:
        """Return the bytes of an object.

        Raises:
            ObjectNotFoundError: No object has this key.
        """

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Return `length` bytes of an object from `offset`, which lies within the object.

        Raises:
            ObjectNotFoundError: No object has this key.
        """

    def delete(self, key: str) -> None:
        """Delete an object. A missing object is no error."""

    def check(self) -> None:
        """Check that the store is available."""


def original_key(sha256: bytes) -> str:
    """Return the key of an original file by its SHA-256."""
    return f"originals/{sha256.hex()}"


def thumbnail_key(sha256: bytes) -> str:
    """Return the key of a thumbnail by the SHA-256 of the original."""
    return f"thumbnails/{sha256.hex()}"


def open_objects(url: str) -> ObjectStore:
    """Open a store by address: `file:///DIR` or `http(s)://KEY:SECRET@HOST:PORT/BUCKET`.

    Raises:
        ConfigurationError: The address has neither form.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return LocalObjects(unquote(parts.path))
    bucket = parts.path.strip("/")
    if parts.scheme in ("http", "https") and parts.hostname and bucket:
        # Imported on demand: the import takes 0.3 s, and file storage does not need it.
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
