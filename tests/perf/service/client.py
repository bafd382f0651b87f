"""HTTP clients with low overhead: request bodies are built before the measurement."""

import http.client
import json
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue

_BOUNDARY = "bench-boundary-7e1f"
_HEADERS = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}


def make_form(files: Sequence[bytes], field: str = "files") -> bytes:
    """Return a multipart body with these files."""
    parts = [
        (
            f"--{_BOUNDARY}\r\n"
            f'Content-Disposition: form-data; name="{field}"; filename="{number}.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode()
        + data
        + b"\r\n"
        for number, data in enumerate(files)
    ]
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()


def make_forms(files: Sequence[bytes], each: int, field: str = "files") -> list[bytes]:
    """Return multipart bodies of `each` files that together contain all files."""
    return [make_form(files[start : start + each], field) for start in range(0, len(files), each)]


class Client:
    """Client with one persistent connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def post(self, path: str, body: bytes) -> dict[str, object]:
        """Send a form and return the JSON of the response.

        Raises:
            RuntimeError: The status is 300 or above.
        """
        self._connection.request("POST", path, body, _HEADERS)
        return self._read()

    def get(self, path: str) -> dict[str, object]:
        """Return the JSON of a resource.

        Raises:
            RuntimeError: The status is 300 or above.
        """
        self._connection.request("GET", path)
        return self._read()

    def _read(self) -> dict[str, object]:
        response = self._connection.getresponse()
        body = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{response.status}: {body[:300].decode(errors='replace')}")
        content: dict[str, object] = json.loads(body)
        return content

    def close(self) -> None:
        self._connection.close()


def post_all(
    port: int, forms: Sequence[bytes], *, clients: int, path: str = "/api/v1/jobs"
) -> list[dict[str, object]]:
    """Send all forms with several clients in parallel; return the JSON of the responses.

    Raises:
        RuntimeError: A response has a status of 300 or above.
    """
    pending: SimpleQueue[bytes] = SimpleQueue()
    for form in forms:
        pending.put(form)
    responses: list[dict[str, object]] = []
    errors: list[Exception] = []

    def send() -> None:
        client = Client(port)
        try:
            while True:
                responses.append(client.post(path, pending.get_nowait()))
        except Empty:
            pass
        except Exception as error:  # noqa: BLE001 (raised below)
            errors.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return responses
