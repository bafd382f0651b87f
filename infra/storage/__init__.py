"""Object storage: originals and thumbnails, known by the SHA-256 of the original's bytes."""

from infra.storage.base import ObjectStore, open_objects, original_key, thumbnail_key

__all__ = ["ObjectStore", "open_objects", "original_key", "thumbnail_key"]
