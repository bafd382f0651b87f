"""HTTP client of webhooks: request, response and TLS verification."""

import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.webhooks.http_client import DeliveryFailedError, post, tls_context
from tests.support.webhook_receiver import Receiver, running_receiver

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _fresh_tls_context() -> None:
    """Read the certificate authorities again: each test has its own."""
    tls_context.cache_clear()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a PEM file with a self-signed certificate for `localhost` and its key."""
    file = tmp_path / "certificate-and-key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost"
    key, crt = tmp_path / "key.pem", tmp_path / "crt.pem"
    subprocess.run([*command.split(), "-keyout", key, "-out", crt], check=True, capture_output=True)
    file.write_text(key.read_text() + crt.read_text())
    return file


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running_receiver(context) as receiver:
        yield receiver


async def test_request_is_sent_to_receiver_with_valid_certificate(
    receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    url = f"https://localhost:{receiver.port}/hook?a=1"

    assert await post(url, {"X-Own": "yes"}, b"body", allow_private=True) == 204
    [received] = receiver.received
    assert (received.path, received.body) == ("/hook?a=1", b"body")
    assert received.headers["Host"] == f"localhost:{receiver.port}"
    assert received.headers["X-Own"] == "yes"


async def test_certificate_of_other_name_is_refused(
    receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(DeliveryFailedError, match="certificate"):
        await post(f"https://127.0.0.1:{receiver.port}/", {}, b"body", allow_private=True)
    assert not receiver.received


async def test_untrusted_certificate_is_refused(receiver: Receiver) -> None:
    with pytest.raises(DeliveryFailedError, match="certificate"):
        await post(f"https://localhost:{receiver.port}/", {}, b"body", allow_private=True)
    assert not receiver.received


def test_tls_context_is_created_once() -> None:
    assert tls_context() is tls_context()


async def test_deadline_includes_the_end_of_tls(
    receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S10: closing TLS with a silent receiver took 30 s more than the time limit."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    receiver.hang.set()
    url = f"https://localhost:{receiver.port}/"
    started = time.monotonic()
    with pytest.raises(DeliveryFailedError, match="in time"):
        await post(url, {}, b"body", allow_private=True, timeout_seconds=1)

    assert time.monotonic() - started < 10
