"""Webhook signatures according to the Standard Webhooks specification."""

import base64
import binascii
import hashlib
import hmac

SECRET_PREFIX = "whsec_"  # noqa: S105 (a public prefix, not a secret)
_MIN_SECRET_BYTES = 24


def read_secret(secret: str) -> bytes:
    """Decode a webhook secret of the form `whsec_<base64>` to the signing key.

    Raises:
        ValueError: The prefix is missing, the rest is not base64, or the key is too short.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) < _MIN_SECRET_BYTES:
        raise ValueError(
            f"must be {SECRET_PREFIX} followed by at least {_MIN_SECRET_BYTES} random bytes in "
            f'base64: echo "{SECRET_PREFIX}$(head -c 32 /dev/urandom | base64)"'
        )
    return key


def sign(key: bytes, delivery_id: str, timestamp: int, body: str) -> dict[str, str]:
    """Return the signature headers of one delivery.

    Args:
        key: Signing key from `read_secret`.
        delivery_id: Id of the delivery; the same for each attempt.
        timestamp: Time of the attempt in seconds since the Unix epoch.
        body: The request body.
    """
    signed = f"{delivery_id}.{timestamp}.{body}".encode()
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "Webhook-Id": delivery_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": f"v1,{digest}",
    }
