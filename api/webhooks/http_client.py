"""Minimal HTTP client for URLs chosen by API clients.

To prevent server-side request forgery, the client follows no redirects, ignores proxy settings of
the environment, and reads only the status line of the response.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from urllib.parse import urlunsplit

from api.webhooks.ssrf import find_addresses, read_url

TIMEOUT_SECONDS = 10.0
# Time for the end of TLS in the background, after the response.
_CLOSE_SECONDS = 1.0
_MAX_LINE_BYTES = 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class DeliveryFailedError(Exception):
    """The receiver could not be reached or sent no valid HTTP response."""


async def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    allow_private: bool,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> int:
    """Send a POST request and return the status code of the response.

    Raises:
        InvalidRequestError: The URL is not acceptable for a webhook.
        ForbiddenAddressError: The host name does not resolve, or resolves to a forbidden address.
        DeliveryFailedError: There was no response in time, or it was not HTTP.
    """
    parts = read_url(url, allow_private=allow_private)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    fields = {"Host": parts.netloc, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"POST {target} HTTP/1.1", *(f"{k}: {v}" for k, v in (fields | dict(headers)).items())]
    request = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    try:
        async with asyncio.timeout(timeout_seconds):
            addresses, port = await find_addresses(parts, allow_private=allow_private)
            name = parts.hostname if parts.scheme == "https" else None
            return await _exchange(await _connect(addresses, port, name), request)
    except TimeoutError as error:
        raise DeliveryFailedError("no response in time") from error
    except (OSError, ValueError) as error:
        raise DeliveryFailedError(str(error) or type(error).__name__) from error


async def _connect(addresses: Sequence[str], port: int, tls_name: str | None) -> Streams:
    """Connect to the first reachable address. TLS verifies the certificate for `tls_name`."""
    tls = tls_context() if tls_name else None
    failure = OSError("no address")
    for address in addresses:
        try:
            return await asyncio.open_connection(
                address,
                port,
                ssl=tls,
                server_hostname=tls_name,
                ssl_shutdown_timeout=_CLOSE_SECONDS if tls else None,
                limit=_MAX_LINE_BYTES,
            )
        except OSError as error:
            failure = error
    raise failure


@cache
def tls_context() -> ssl.SSLContext:
    """Create the context once: it reads the certificate authorities of the system, about 1 MB."""
    return ssl.create_default_context()


async def _exchange(streams: Streams, request: bytes) -> int:
    """Send the request and return the status code of the response."""
    reader, writer = streams
    try:
        writer.write(request)
        await writer.drain()
        status = _status_of(await reader.readline())
    except BaseException:
        # Closing would wait until a silent receiver has taken all data and ended TLS.
        writer.transport.abort()
        raise
    writer.close()
    return status


def _status_of(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise ValueError("the response is not HTTP")
    return int(rest[:3])
