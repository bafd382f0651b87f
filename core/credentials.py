"""Generate, check and hash API keys and session tokens."""

import hashlib
import secrets
import string
import zlib

KEY_PREFIX = "gal_"
# Eight random characters identify a key in a list and leave more than 200 bits secret.
PREFIX_LENGTH = len(KEY_PREFIX) + 8

# Keys of earlier versions end after the random part.
_LENGTH_WITHOUT_CHECKSUM = len(KEY_PREFIX) + 43
_CHECKSUM_LENGTH = 6
_BASE62 = string.digits + string.ascii_letters


def new_key() -> str:
    """Return a new API key: a prefix for secret scanners, 256 random bits, and a checksum."""
    body = KEY_PREFIX + secrets.token_urlsafe(32)
    return body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Return whether a text has the form of an API key and, if it has a checksum, whether it fits.

    A key that was cut off or mistyped is recognized without the database, as are keys of others.
    """
    body, checksum = key[:_LENGTH_WITHOUT_CHECKSUM], key[_LENGTH_WITHOUT_CHECKSUM:]
    is_complete = len(body) == _LENGTH_WITHOUT_CHECKSUM and body.startswith(KEY_PREFIX)
    return is_complete and body.isascii() and checksum in ("", _checksum(body))


def _checksum(body: str) -> str:
    """Return the CRC-32 of a text as six base-62 digits."""
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


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
