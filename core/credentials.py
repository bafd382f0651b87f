"""Random words that open doors, and what is kept of them."""

import hashlib
import secrets

KEY_PREFIX = "gal_"
# Enough to tell keys apart in a list, far too little to guess the rest from.
PREFIX_LENGTH = len(KEY_PREFIX) + 8


def new_key() -> str:
    """An API key: 256 random bits behind a mark that people and scanners recognise."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_session() -> str:
    """The value of a signed-in browser's cookie."""
    return secrets.token_urlsafe(32)


def visible_prefix(key: str) -> str:
    """What may be shown of a key."""
    return key[:PREFIX_LENGTH]


def hash_secret(secret: str) -> bytes:
    """What is stored and looked up.

    A plain hash suffices, as these are random and not chosen by people; and a lookup by hash tells
    by its duration nothing of use, as nobody can choose a hash.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
