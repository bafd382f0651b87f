"""Sending one HTTP request to where a client said, with nothing to be gained from it.

Redirects are not followed, proxies of the environment not asked, and no more of the answer is read
than its status.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlunsplit

from api.webhooks.ssrf import find_addresses, read_url

SECONDS = 10.0
_LONGEST_LINE = 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class DeliveryFailedError(Exception):
    """Nobody took it."""


async def post(url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool) -> int:
    """Send a body and return the answer's status.

    Raises:
        ForbiddenAddressError: it may not be sent there.
        DeliveryFailedError: there was no answer, or none that is HTTP.
    """
    parts = read_url(url, allow_private=allow_private)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    fields = {"Host": parts.netloc, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"POST {target} HTTP/1.1", *(f"{k}: {v}" for k, v in (fields | dict(headers)).items())]
    request = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    try:
        async with asyncio.timeout(SECONDS):
            addresses, port = await find_addresses(parts, allow_private=allow_private)
            name = parts.hostname if parts.scheme == "https" else None
            return await _exchange(await _connect(addresses, port, name), request)
    except TimeoutError as error:
        raise DeliveryFailedError("no answer in time") from error
    except (OSError, ValueError) as error:
        raise DeliveryFailedError(str(error) or type(error).__name__) from error


async def _connect(addresses: Sequence[str], port: int, tls_name: str | None) -> Streams:
    """Reach one of a name's addresses. TLS holds it to the name, wherever that led."""
    tls = ssl.create_default_context() if tls_name else None
    failure = OSError("no address")
    for address in addresses:
        try:
            return await asyncio.open_connection(
                address, port, ssl=tls, server_hostname=tls_name, limit=_LONGEST_LINE
            )
        except OSError as error:
            failure = error
    raise failure


async def _exchange(streams: Streams, request: bytes) -> int:
    """Say it and hear the status."""
    reader, writer = streams
    try:
        writer.write(request)
        await writer.drain()
        version, _, rest = (await reader.readline()).partition(b" ")
        if not version.startswith(b"HTTP/1."):
            raise ValueError("the answer is not HTTP")
        return int(rest[:3])
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            await writer.wait_closed()
