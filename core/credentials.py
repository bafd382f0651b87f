"""Generate and hash API keys and session tokens."""

import hashlib
import secrets

KEY_PREFIX = "gal_"
# Eight random characters identify a key in a list and leave more than 200 bits secret.
PREFIX_LENGTH = len(KEY_PREFIX) + 8


def new_key() -> str:
    """Return a new API key: 256 random bits after a prefix that secret scanners can detect."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_session() -> str:
    """Return a new session token, the value of the session cookie."""
    return secrets.token_urlsafe(32)


def visible_prefix(key: str) -> str:
    """Return the part of an API key that may be displayed and logged."""
    return key[:PREFIX_LENGTH]


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a key or token, as stored and looked up in the database.

    A fast unsalted hash is sufficient because keys and tokens are random. The duration of the
    lookup reveals nothing, because a caller cannot choose the hash of a value.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
