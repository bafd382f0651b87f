"""Reading an upload request: file parts as they arrive, hashed and limited on the way.

The body is parsed while it streams in. A file that grows too large is cut off and marked, and
the files after it are read all the same.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import BinaryIO

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser
from starlette.requests import ClientDisconnect

from api.slow_client import SlowClientGuard
from api.uploads.filenames import clean_name
from api.uploads.spool import Spool
from core.errors import InvalidRequestError, RequestStalledError, RequestTooLargeError
from infra.settings import Settings

FIELD = "files"
# Parts that are no files are passed over. Nobody has reason to send many, or to be told of all.
_MAX_OTHER_FIELDS = 100
_OTHER_FIELDS_NAMED = 5


@dataclass(slots=True)
class Upload:
    """One received file. `too_large` means the rest of it was read and thrown away."""

    name: str
    file: BinaryIO
    size: int = 0
    too_large: bool = False
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> bytes:
        return self._hash.digest()

    def write(self, data: bytes, limit: int) -> None:
        self.size += len(data)
        if self.size > limit:
            self.too_large = True
            return
        self._hash.update(data)
        self.file.write(data)


@asynccontextmanager
async def receive_uploads(request: Request, settings: Settings) -> AsyncIterator[list[Upload]]:
    """Yield the request's files, in order; they are gone when the block ends.

    Raises:
        InvalidRequestError: it is no multipart form, is malformed, or has no `files`.
        RequestTooLargeError: too many bytes or files; nothing of it is kept.
        RequestStalledError: it came too slowly or stopped coming.
    """
    form = _Form(_boundary(request), settings)
    try:
        declared = int(request.headers.get("content-length", 0))
        form.check_size(declared)
        received = 0
        async for chunk in _guard_slow_client(request.stream()):
            received += len(chunk)
            form.check_size(received)
            form.feed(chunk)
        form.finish()
        yield form.uploads
    finally:
        form.close()


async def _guard_slow_client(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass a body on, as long as it keeps coming."""
    pace = SlowClientGuard()
    while True:
        try:
            chunk = await pace.keep(anext(chunks))
        except StopAsyncIteration:
            return
        except ClientDisconnect as error:
            raise RequestStalledError from error
        pace.count(len(chunk))
        yield chunk


def _boundary(request: Request) -> bytes:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise InvalidRequestError(
            f"Send the pictures as multipart/form-data, each in a field named `{FIELD}`."
        )
    return boundary.encode()


class _Form:
    """The state of a form that is being parsed."""

    def __init__(self, boundary: bytes, settings: Settings) -> None:
        self.uploads: list[Upload] = []
        self._settings = settings
        self._current: Upload | None = None
        self._spool = Spool()
        self._others = 0
        self._others_named: list[str] = []
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": lambda: None,
                },
            )
        except MultipartParseError as error:
            raise InvalidRequestError("The form's boundary is malformed.") from error

    def close(self) -> None:
        """Forget the files."""
        self._spool.close()

    def check_size(self, size: int) -> None:
        limit = self._settings.max_request_bytes
        if size > limit:
            raise RequestTooLargeError(
                f"The request is larger than {limit:,} bytes; send the files in several requests."
            )

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise InvalidRequestError(f"The form is malformed: {error}") from error

    def finish(self) -> None:
        try:
            self._parser.finalize()
        except MultipartParseError as error:
            raise InvalidRequestError("The form ends before its last boundary.") from error
        if self._current is not None:
            raise InvalidRequestError("The form ends before its last boundary.")
        if not self.uploads:
            seen = ", ".join(f"`{name}`" for name in self._others_named)
            found = f" (found {seen})" if seen else ""
            raise InvalidRequestError(f"There is no file in a field named `{FIELD}`{found}.")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        name, filename = _disposition(self._headers.get(b"content-disposition", b""))
        if name != FIELD or filename is None:
            self._pass_over(name)
            return
        if len(self.uploads) >= self._settings.max_request_files:
            raise RequestTooLargeError(
                f"The request has more than {self._settings.max_request_files} files; "
                "send them in several requests under one job."
            )
        self._current = Upload(clean_name(filename), self._spool.begin())
        self.uploads.append(self._current)

    def _pass_over(self, name: str) -> None:
        self._others += 1
        if self._others > _MAX_OTHER_FIELDS:
            raise RequestTooLargeError(f"The form has more than {_MAX_OTHER_FIELDS} other fields.")
        if len(self._others_named) < _OTHER_FIELDS_NAMED:
            self._others_named.append(name)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current is not None:
            self._current.write(data[start:end], self._settings.max_upload_bytes)

    def _on_part_end(self) -> None:
        self._current = None


def _disposition(header: bytes) -> tuple[str, str | None]:
    """A part's field name and file name: RFC 7578, with browsers' %22 and RFC 8187's charset."""
    parameters = dict(_parameters(header.decode("utf-8", "replace")))
    filename = parameters.get("filename")
    message = Message()
    message["content-disposition"] = header.decode("latin-1")
    if "filename*" in parameters:
        filename = message.get_filename(filename)
    return parameters.get("name", ""), filename


def _parameters(header: str) -> Iterator[tuple[str, str]]:
    """Split `form-data; name="a"; filename="b;c"` with respect for quotes."""
    rest = header.partition(";")[2]
    while rest:
        key, _, rest = rest.partition("=")
        value, rest = _quoted(rest) if rest.startswith('"') else _token(rest)
        yield key.strip().lower(), value


def _quoted(text: str) -> tuple[str, str]:
    value, index = "", 1
    while index < len(text) and text[index] != '"':
        # A backslash escapes a quote and nothing else: Windows paths arrive with their own.
        if text[index : index + 2] == '\\"':
            index += 1
        value += text[index]
        index += 1
    unescaped = value.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
    return unescaped, text[index + 1 :].partition(";")[2]


def _token(text: str) -> tuple[str, str]:
    value, _, rest = text.partition(";")
    return value.strip(), rest
