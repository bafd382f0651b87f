"""Object storage: originals and thumbnails, known by the SHA-256 of the original's bytes."""

from infra.objects.store import ObjectStore, open_objects, original_key, thumbnail_key

__all__ = ["ObjectStore", "open_objects", "original_key", "thumbnail_key"]
