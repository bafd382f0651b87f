"""The contract of object storage, for local files and S3."""

from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest

from core.errors import ConfigurationError, ObjectNotFoundError, ObjectStoreUnavailableError
from infra.storage import ObjectStore, open_objects
from tests.support.s3_server import S3Server, free_port

KEY = "originals/" + "ab" * 32


@pytest.fixture(params=["local", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "local":
        return open_objects((tmp_path / "a folder").as_uri())
    server: S3Server = request.getfixturevalue("s3_server")
    return open_objects(server.url(f"test-{uuid4().hex}"))


def put(objects: ObjectStore, data: bytes, key: str = KEY) -> None:
    objects.put(key, BytesIO(data), len(data), "image/jpeg")


def test_stored_object_is_returned(objects: ObjectStore) -> None:
    data = bytes(range(256)) * 10_000
    put(objects, data)

    assert objects.get(KEY) == data


def test_second_put_replaces_the_object(objects: ObjectStore) -> None:
    put(objects, b"first")
    put(objects, b"second")

    assert objects.get(KEY) == b"second"


def test_missing_object_is_named_in_the_error(objects: ObjectStore) -> None:
    put(objects, b"another", "originals/" + "cd" * 32)

    with pytest.raises(ObjectNotFoundError, match=KEY):
        objects.get(KEY)


def test_delete_removes_the_object_and_can_be_repeated(objects: ObjectStore) -> None:
    put(objects, b"short-lived")
    objects.delete(KEY)
    objects.delete(KEY)

    with pytest.raises(ObjectNotFoundError):
        objects.get(KEY)


def test_check_of_available_storage_succeeds(objects: ObjectStore) -> None:
    objects.check()


def test_failed_local_write_leaves_no_file(tmp_path: Path) -> None:
    class FailingFile(BytesIO):
        def read(self, *_: object) -> bytes:
            if self.tell():
                raise OSError(28, "No space left on device")
            return super().read(10)

    objects = open_objects(tmp_path.as_uri())
    with pytest.raises(ObjectStoreUnavailableError, match="No space left"):
        objects.put(KEY, FailingFile(b"x" * 100), 100, "image/jpeg")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_unreachable_storage_is_reported_without_the_secret() -> None:
    unreachable = open_objects(f"http://key:secret-key@127.0.0.1:{free_port()}/bucket")

    with pytest.raises(ObjectStoreUnavailableError) as error:
        unreachable.get(KEY)
    assert "secret-key" not in str(error.value)


@pytest.mark.parametrize("url", ["", "ftp://host/bucket", "http://host:9000", "file://"])
def test_invalid_address_is_rejected(url: str) -> None:
    with pytest.raises(ConfigurationError, match="GALLERY_OBJECTS_URL"):
        open_objects(url)


def test_missing_bucket_is_reported_as_unavailable_storage(s3_server: S3Server) -> None:
    bucketless = open_objects(s3_server.url(f"test-{uuid4().hex}"))

    with pytest.raises(ObjectStoreUnavailableError, match="NoSuchBucket"):
        bucketless.get(KEY)
