"""Streaming parser of upload requests."""

import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import Request
from starlette.types import Message

from api.uploads.multipart import Upload, receive_uploads
from core.errors import InvalidRequestError, RequestStalledError, RequestTooLargeError
from infra.settings import Settings

BOUNDARY = "boundary"
SETTINGS = Settings.model_validate(
    {"max_upload_bytes": 1000, "max_request_bytes": 20_000, "max_request_files": 5}
)
DEFAULTS = Settings()

pytestmark = pytest.mark.anyio


def part(headers: str, body: bytes) -> bytes:
    return f"--{BOUNDARY}\r\n{headers}\r\n\r\n".encode() + body + b"\r\n"


def file_part(body: bytes, filename: str = "a.jpg", field: str = "files") -> bytes:
    return part(f'Content-Disposition: form-data; name="{field}"; filename="{filename}"', body)


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def request_of(
    body: bytes, *, step: int = 7, content_type: str | None = None, length: int | None = None
) -> Request:
    """Return a request with a body that arrives in parts of `step` bytes."""

    async def messages() -> AsyncIterator[Message]:
        for start in range(0, len(body), step):
            yield {"type": "http.request", "body": body[start : start + step], "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    arriving = messages()
    headers = [
        (b"content-type", (content_type or f"multipart/form-data; boundary={BOUNDARY}").encode())
    ]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return Request(
        {"type": "http", "method": "POST", "headers": headers}, receive=lambda: anext(arriving)
    )


async def receive(
    body: bytes, *, step: int = 7, length: int | None = None
) -> list[tuple[str, bytes, bool]]:
    async with receive_uploads(request_of(body, step=step, length=length), SETTINGS) as uploads:
        files = []
        for upload in uploads:
            upload.file.seek(0)
            data = upload.file.read()
            if not upload.too_large:
                assert upload.sha256 == hashlib.sha256(data).digest()
                assert upload.size == len(data)
            files.append((upload.name, data, upload.too_large))
        return files


@pytest.mark.parametrize("step", [1, 2, 7, 64, 100_000])
async def test_files_are_parsed_in_order_for_any_split_of_the_stream(step: int) -> None:
    tricky = b"\r\n--boundar\r\n--" + bytes(range(256))
    body = form(file_part(b"first"), file_part(tricky, "b.png"), file_part(b"", "empty.gif"))

    assert await receive(body, step=step) == [
        ("a.jpg", b"first", False),
        ("b.png", tricky, False),
        ("empty.gif", b"", False),
    ]


async def test_too_large_file_is_marked_and_next_file_is_read() -> None:
    files = await receive(form(file_part(b"x" * 1001), file_part(b"small", "b.jpg")), step=100)

    assert [(name, too_large) for name, _, too_large in files] == [
        ("a.jpg", True),
        ("b.jpg", False),
    ]
    assert files[1][1] == b"small"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('name="files"; filename="a;b=c.jpg"', "a;b=c.jpg"),
        ('name="files"; filename="she said %22cat%22.jpg"', 'she said "cat".jpg'),
        (r'name="files"; filename="she said \"cat\".jpg"', 'she said "cat".jpg'),
        ('name="files"; filename="C:\\photos\\cat.jpg"', "cat.jpg"),
        ("name=files; filename=plain.jpg", "plain.jpg"),
        ('name="files"; filename="猫.jpg"', "猫.jpg"),
        ("name=\"files\"; filename*=UTF-8''%E7%8C%AB.jpg", "猫.jpg"),
        (
            'name="files"; filename="cat.jpg"; filename*=iso-8859-1\'de\'K%E4tzchen.jpg',
            "Kätzchen.jpg",
        ),
        ('name="files"; filename=""', "unnamed"),
    ],
)
async def test_file_name_encodings_of_clients_are_parsed(header: str, name: str) -> None:
    body = form(part(f"Content-Disposition: form-data; {header}", b"x"))

    assert [file[0] for file in await receive(body)] == [name]


async def test_error_lists_unexpected_field_names() -> None:
    with pytest.raises(InvalidRequestError, match=r"named `files` \(found `image`\)"):
        await receive(form(file_part(b"x", field="image")))


async def test_form_without_files_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no file"):
        await receive(form(part('Content-Disposition: form-data; name="files"', b"text")))


async def test_other_content_type_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="multipart/form-data"):
        async with receive_uploads(request_of(b"{}", content_type="application/json"), SETTINGS):
            pass


@pytest.mark.parametrize("boundary", ["a/b=c", '"a b"', '"a/b"; charset=utf-8'])
async def test_boundary_is_read_with_or_without_quotes(boundary: str) -> None:
    plain = boundary.partition(";")[0].strip('"').encode()
    body = form(file_part(b"x")).replace(BOUNDARY.encode(), plain)
    content_type = f"Multipart/Form-Data; boundary={boundary}"
    async with receive_uploads(request_of(body, content_type=content_type), SETTINGS) as uploads:
        assert [upload.size for upload in uploads] == [1]


@pytest.mark.parametrize("cut", [80, 95])
async def test_truncated_form_is_refused(cut: int) -> None:
    with pytest.raises(InvalidRequestError, match="ends before"):
        await receive(form(file_part(b"x" * 40))[:cut])


async def test_latin_1_file_name_of_an_old_client_is_kept() -> None:
    disposition = 'Content-Disposition: form-data; name="files"; filename="Kätzchen.jpg"'
    body = form(part(disposition, b"x")).replace("ä".encode(), "ä".encode("latin-1"))

    assert [file[0] for file in await receive(body)] == ["Kätzchen.jpg"]


async def test_body_without_boundary_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="ends before"):
        await receive(b"this is not a multipart form")


@pytest.mark.parametrize("headers", ["X-Other: 1", "Content-Disposition: attachment", "nonsense"])
async def test_malformed_part_is_refused(headers: str) -> None:
    with pytest.raises(InvalidRequestError, match="malformed"):
        await receive(form(part(headers, b"x")))


@pytest.mark.parametrize(
    "parameter",
    [
        "filename*=idna''xn--a",
        "filename*=utf-7''a.jpg",
        "filename*=''a.jpg",
        "filename*=a.jpg",
        "filename*99999999999999999999*=a.jpg",
        "filename*0*=UTF-8''a; filename*1=.jpg",
    ],
)
async def test_odd_file_name_parameter_is_refused(parameter: str) -> None:
    """Finding S14."""
    with pytest.raises(InvalidRequestError):
        await receive(form(part(f'Content-Disposition: form-data; name="files"; {parameter}', b"")))


@pytest.mark.parametrize("boundary", ["x" * 300, "x" * 71, "", "é*=idna''x"])
async def test_odd_boundary_is_refused(boundary: str) -> None:
    """Finding S14."""
    content_type = f"multipart/form-data; boundary={boundary}"
    with pytest.raises(InvalidRequestError):
        async with receive_uploads(request_of(b"", content_type=content_type), SETTINGS):
            pass


async def test_boundary_parameter_with_a_character_set_is_refused() -> None:
    """Finding S14."""
    content_type = "multipart/form-data; boundary*99999999999999999999*=idna''x"
    with pytest.raises(InvalidRequestError, match="multipart/form-data"):
        async with receive_uploads(request_of(b"", content_type=content_type), SETTINGS):
            pass


async def test_too_large_request_is_refused_by_content_length_and_by_size() -> None:
    with pytest.raises(RequestTooLargeError, match="20,000 bytes"):
        await receive(form(file_part(b"x")), length=20_001)
    with pytest.raises(RequestTooLargeError, match="20,000 bytes"):
        await receive(form(file_part(b"x" * 30_000)), step=1000)


async def test_too_many_files_are_refused() -> None:
    with pytest.raises(RequestTooLargeError, match="more than 5 files"):
        await receive(form(*[file_part(b"x")] * 6))


async def test_oversized_part_header_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="malformed"):
        await receive(form(part("X-Long: " + "x" * 10_000, b"")), step=100)


async def test_disconnect_during_upload_is_a_stalled_request() -> None:
    request = Request(request_of(b"").scope, receive=disconnect)
    with pytest.raises(RequestStalledError):
        async with receive_uploads(request, SETTINGS):
            pass


async def disconnect() -> Message:
    return {"type": "http.disconnect"}


async def test_large_request_is_spooled_to_one_file_and_read_by_threads() -> None:
    bodies = [bytes([n]) * 90_000 for n in range(100)]
    request = request_of(form(*map(file_part, bodies)), step=65_536)
    before = open_files()
    tracemalloc.start()
    try:
        async with receive_uploads(request, DEFAULTS) as uploads:
            allocated, _ = tracemalloc.get_traced_memory()
            assert open_files() == before + 1
            with ThreadPoolExecutor(8) as threads:
                found = list(threads.map(read_in_parts, uploads))
    finally:
        tracemalloc.stop()

    assert found == bodies
    assert allocated < 5_000_000
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def read_in_parts(upload: Upload) -> bytes:
    upload.file.seek(0)
    return b"".join(iter(lambda: upload.file.read(1000), b""))


async def test_too_many_other_fields_are_refused() -> None:
    other = part('Content-Disposition: form-data; name="other"', b"x")
    assert await receive(form(*[other] * 100, file_part(b"x")), step=1000)
    with pytest.raises(RequestTooLargeError, match="more than 100 other fields"):
        await receive(form(*[other] * 101, file_part(b"x")), step=1000)
