"""Signing what we send, as Standard Webhooks has it: receivers find libraries that check it."""

import base64
import binascii
import hashlib
import hmac

SECRET_PREFIX = "whsec_"  # noqa: S105 (a mark, no secret)
_LEAST_BYTES = 24


def read_secret(secret: str) -> bytes:
    """The bytes behind `whsec_…`.

    Raises:
        ValueError: it is not written so, or is too short.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) < _LEAST_BYTES:
        raise ValueError(
            f"must be {SECRET_PREFIX} and {_LEAST_BYTES} random bytes or more in base64: "
            f'echo "{SECRET_PREFIX}$(head -c 32 /dev/urandom | base64)"'
        )
    return key


def sign(key: bytes, delivery_id: str, timestamp: int, body: str) -> dict[str, str]:
    """The headers that prove where a delivery comes from and when it was sent."""
    signed = f"{delivery_id}.{timestamp}.{body}".encode()
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "Webhook-Id": delivery_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": f"v1,{digest}",
    }
