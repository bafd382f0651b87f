"""Streaming parser of upload requests (multipart/form-data).

Files are hashed and limited while the body arrives. A file that exceeds the size limit is truncated
and marked as too large; the files after it are still read.
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

from api.uploads.filenames import clean_name
from api.uploads.spool import Spool
from core.errors import InvalidRequestError, RequestStalledError, RequestTooLargeError
from infra.settings import Settings

FIELD = "files"
# Parts that are not files are skipped, up to this number. The error for a request without files
# lists the names of the first few.
_MAX_OTHER_FIELDS = 100
_OTHER_FIELDS_NAMED = 5


@dataclass(slots=True)
class Upload:
    """One received file. If `too_large` is set, `file` is truncated and `sha256` is undefined."""

    name: str
    file: BinaryIO
    size: int = 0
    too_large: bool = False
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the received bytes."""
        return self._hash.digest()

    def write(self, data: bytes, limit: int) -> None:
        """Append received bytes, unless the file exceeds `limit` bytes."""
        self.size += len(data)
        if self.size > limit:
            self.too_large = True
            return
        self._hash.update(data)
        self.file.write(data)


@asynccontextmanager
async def receive_uploads(request: Request, settings: Settings) -> AsyncIterator[list[Upload]]:
    """Yield the uploaded files of a request, in order. They are deleted when the block ends.

    Raises:
        InvalidRequestError: The body is not a well-formed multipart form with a file in `files`.
        RequestTooLargeError: The request has too many bytes, files or other fields.
        RequestStalledError: The body arrived too slowly, or the client disconnected.
    """
    form = _Form(_boundary(request), settings)
    try:
        declared = int(request.headers.get("content-length", 0))
        form.check_size(declared)
        received = 0
        async for data in request.stream():
            received += len(data)
            form.check_size(received)
            form.feed(data)
        form.finish()
        yield form.uploads
    except ClientDisconnect as error:
        raise RequestStalledError from error
    finally:
        form.close()


def _boundary(request: Request) -> bytes:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise InvalidRequestError(
            f"Send the images as multipart/form-data, each in a field named `{FIELD}`."
        )
    return boundary.encode()


class _Form:
    """Parser state of one form."""

    def __init__(self, boundary: bytes, settings: Settings) -> None:
        self.uploads: list[Upload] = []
        self._settings = settings
        self._current: Upload | None = None
        self._spool = Spool()
        self._other_count = 0
        self._other_names: list[str] = []
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
            raise InvalidRequestError("The boundary of the multipart form is malformed.") from error

    def close(self) -> None:
        """Delete the received files."""
        self._spool.close()

    def check_size(self, size: int) -> None:
        """Raise RequestTooLargeError if the request exceeds its size limit."""
        limit = self._settings.max_request_bytes
        if size > limit:
            raise RequestTooLargeError(
                f"The request is larger than {limit:,} bytes. Send the files in several requests."
            )

    def feed(self, data: bytes) -> None:
        """Parse the next part of the body."""
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise InvalidRequestError(f"The multipart form is malformed: {error}") from error

    def finish(self) -> None:
        """Check that the form is complete and contains at least one file."""
        truncated = InvalidRequestError("The multipart form ends before its closing boundary.")
        try:
            self._parser.finalize()
        except MultipartParseError as error:
            raise truncated from error
        if self._current is not None:
            raise truncated
        if not self.uploads:
            names = ", ".join(f"`{name}`" for name in self._other_names)
            found = f" (found {names})" if names else ""
            raise InvalidRequestError(f"The form has no file in a field named `{FIELD}`{found}.")

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
            self._skip_field(name)
            return
        if len(self.uploads) >= self._settings.max_request_files:
            raise RequestTooLargeError(
                f"The request has more than {self._settings.max_request_files} files. "
                "Send them in several requests for one job."
            )
        self._current = Upload(clean_name(filename), self._spool.begin())
        self.uploads.append(self._current)

    def _skip_field(self, name: str) -> None:
        self._other_count += 1
        if self._other_count > _MAX_OTHER_FIELDS:
            raise RequestTooLargeError(f"The form has more than {_MAX_OTHER_FIELDS} other fields.")
        if len(self._other_names) < _OTHER_FIELDS_NAMED:
            self._other_names.append(name)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current is not None:
            self._current.write(data[start:end], self._settings.max_upload_bytes)

    def _on_part_end(self) -> None:
        self._current = None


def _disposition(header: bytes) -> tuple[str, str | None]:
    """Return the field name and the file name of a part.

    Follows RFC 7578 with the `%22` escape of browsers, and RFC 8187 for `filename*`.
    """
    parameters = dict(_parameters(header.decode("utf-8", "replace")))
    filename = parameters.get("filename")
    message = Message()
    message["content-disposition"] = header.decode("latin-1")
    if "filename*" in parameters:
        filename = message.get_filename(filename)
    return parameters.get("name", ""), filename


def _parameters(header: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a header such as `form-data; name="a"; filename="b;c"`."""
    rest = header.partition(";")[2]
    while rest:
        key, _, rest = rest.partition("=")
        value, rest = _quoted(rest) if rest.startswith('"') else _token(rest)
        yield key.strip().lower(), value


def _quoted(text: str) -> tuple[str, str]:
    value, index = "", 1
    while index < len(text) and text[index] != '"':
        # A backslash escapes only a quote, since clients send Windows paths unescaped.
        if text[index : index + 2] == '\\"':
            index += 1
        value += text[index]
        index += 1
    unescaped = value.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
    return unescaped, text[index + 1 :].partition(";")[2]


def _token(text: str) -> tuple[str, str]:
    value, _, rest = text.partition(";")
    return value.strip(), rest
