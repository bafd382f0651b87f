"""Object storage over the S3 API, with the MinIO client."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import BinaryIO

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from core.errors import ObjectNotFoundError, ObjectStoreUnavailableError

# The defaults of the client are 300 s to connect and 300 s to read, with five retries.
_TIMEOUT = urllib3.Timeout(connect=2, read=10)
_RETRIES = urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
# Larger than the largest file (GALLERY_MAX_UPLOAD_BYTES), so that each object takes one request
# instead of a multipart upload in a thread pool.
_PART_BYTES = 64 * 2**20
# A missing bucket (NoSuchBucket) is not a missing object: then the storage is unavailable.
_MISSING_OBJECT = "NoSuchKey"


class S3Objects:
    """Objects in one bucket of MinIO or another S3 service.

    Thread-safe. A missing bucket is created on first use.
    """

    def __init__(
        self, *, endpoint: str, bucket: str, access_key: str, secret_key: str, secure: bool
    ) -> None:
        self._bucket = bucket
        self._client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            secure=secure,
            http_client=urllib3.PoolManager(timeout=_TIMEOUT, retries=_RETRIES, maxsize=16),
        )
        self._bucket_exists = False
        self._bucket_lock = Lock()

    def put(self, key: str, data: BinaryIO, size: int, media_type: str) -> None:
        with _s3_errors(key):
            self._ensure_bucket()
            self._client.put_object(
                self._bucket, key, data, size, content_type=media_type, part_size=_PART_BYTES
            )

    def get(self, key: str) -> bytes:
        return self.read(key, 0, 0)

    def read(self, key: str, offset: int, length: int) -> bytes:
        with _s3_errors(key):
            # A length of 0 means the rest of the object.
            response = self._client.get_object(self._bucket, key, offset, length)
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def delete(self, key: str) -> None:
        with _s3_errors(key):
            self._client.remove_object(self._bucket, key)

    def check(self) -> None:
        with _s3_errors(self._bucket):
            self._ensure_bucket()
            self._client.bucket_exists(self._bucket)

    def _ensure_bucket(self) -> None:
        with self._bucket_lock:
            if self._bucket_exists:
                return
            if not self._client.bucket_exists(self._bucket):
                self._make_bucket()
            self._bucket_exists = True

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":  # another process created it
                raise


@contextmanager
def _s3_errors(key: str) -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code == _MISSING_OBJECT:
            raise ObjectNotFoundError(f"There is no object {key!r}.") from error
        raise ObjectStoreUnavailableError(
            f"Object storage rejected the request ({error.code}). Retry shortly."
        ) from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        raise ObjectStoreUnavailableError from error
