"""Streaming parser of upload requests (multipart/form-data).

Files are hashed and limited while the body arrives. A file that exceeds the size limit is truncated
and marked as too large; the files after it are still read.
"""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from urllib.parse import unquote_to_bytes

from fastapi import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser
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
# RFC 2046. Some clients do not quote a boundary that is not a token.
_MAX_BOUNDARY = 70
_BOUNDARY: Final = re.compile(
    r'multipart/form-data\s*;.*?\bboundary=(?:"(?P<quoted>[^"]*)"|(?P<plain>[^;\s]*))',
    re.IGNORECASE,
)
# RFC 8187, with the second character set of its predecessor.
_EXTENDED_FILENAME: Final = re.compile(
    r"filename\*=(?P<charset>utf-8|iso-8859-1)'[^']*'(?P<name>[^;\s]*)", re.IGNORECASE
)


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
    content_type = request.headers.get("content-type", "")
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        raise InvalidRequestError(
            f"Send the images as multipart/form-data, each in a field named `{FIELD}`."
        )
    value = boundary["quoted"] or boundary["plain"] or ""
    if not 0 < len(value) <= _MAX_BOUNDARY:
        raise InvalidRequestError(
            f"The boundary of the multipart form must have 1 to {_MAX_BOUNDARY} characters."
        )
    return value.encode("latin-1")


class _Form:
    """Parser state of one form."""

    def __init__(self, boundary: bytes, settings: Settings) -> None:
        self.uploads: list[Upload] = []
        self._settings = settings
        self._current: Upload | None = None
        self._spool = Spool()
        self._other_count = 0
        self._other_names: list[str] = []
        # Every byte is valid Latin-1; `_text` decodes UTF-8 afterwards.
        self._parser = PushMultipartParser(boundary, header_charset="latin-1")

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
        if not data:  # would close the parser
            return
        try:
            for event in self._parser.parse(data):
                if event is None:
                    self._current = None
                elif isinstance(event, MultipartSegment):
                    self._begin_part(event)
                elif self._current is not None:
                    self._current.write(event, self._settings.max_upload_bytes)
        except MultipartError as error:
            raise InvalidRequestError(f"The multipart form is malformed: {error}") from error

    def finish(self) -> None:
        """Check that the form is complete and contains at least one file."""
        try:
            self._parser.close()
        except MultipartError as error:
            raise InvalidRequestError(
                "The multipart form ends before its closing boundary."
            ) from error
        if not self.uploads:
            names = ", ".join(f"`{name}`" for name in self._other_names)
            found = f" (found {names})" if names else ""
            raise InvalidRequestError(f"The form has no file in a field named `{FIELD}`{found}.")

    def _begin_part(self, part: MultipartSegment) -> None:
        name, filename = part.name or "", _filename(part)
        if name != FIELD or filename is None:
            self._skip_field(_text(name))
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


def _filename(part: MultipartSegment) -> str | None:
    """Return the file name of a part: `filename*` of RFC 8187 if it is sent, else `filename`.

    Raises:
        InvalidRequestError: The character set of `filename*` is neither UTF-8 nor ISO-8859-1.
    """
    header: str = part.header("Content-Disposition")
    if "filename*=" not in header:
        return None if part.filename is None else _text(part.filename)
    extended = _EXTENDED_FILENAME.search(header)
    if extended is None:
        raise InvalidRequestError(
            "The parameter `filename*` of a file is neither in UTF-8 nor in ISO-8859-1."
        )
    return unquote_to_bytes(extended["name"]).decode(extended["charset"], "replace")


def _text(value: str) -> str:
    """Decode the text of a header, which browsers send as UTF-8 and some old clients as Latin-1."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
