"""Object storage: originals and thumbnails, with keys made of the SHA-256 of the original."""

from infra.storage.base import ObjectStore, open_objects, original_key, thumbnail_key

__all__ = ["ObjectStore", "open_objects", "original_key", "thumbnail_key"]
