"""Conversion between requests of a flow and HTTPX2."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2

from gallery_client.flow import NoResponse, Response
from gallery_client.operations import PREFIX, Request

_TIMEOUT = httpx2.Timeout(60, connect=5)


def client_options(url: str, key: str | None) -> dict[str, Any]:
    """Return the arguments of `httpx2.Client` and `httpx2.AsyncClient`."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url.rstrip("/") + PREFIX, "headers": headers, "timeout": _TIMEOUT}


@contextmanager
def request_options(request: Request[Any]) -> Iterator[dict[str, Any]]:
    """Open the files of a request and yield the arguments of `request` and `stream`.

    Raises:
        OSError: A file cannot be read.
    """
    with ExitStack() as opened:
        parts = [
            ("files", (path.name, opened.enter_context(path.open("rb")))) for path in request.files
        ]
        yield {
            "method": request.method,
            "url": request.path.format_map(request.names),
            "params": {k: v for k, v in request.query.items() if v is not None},
            "headers": request.headers,
            "json": request.body,
            "files": parts or None,
        }


def response_of(reply: httpx2.Response, *, content: bytes) -> Response:
    """Return the response with this body."""
    return Response(reply.status_code, reply.headers, content)


def no_response(error: httpx2.TransportError) -> NoResponse:
    """Return the reason of a failed connection."""
    return NoResponse(str(error) or type(error).__name__)
