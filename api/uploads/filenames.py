"""Sanitize file names sent by clients."""

import unicodedata

MAX_BYTES = 255
UNNAMED = "unnamed"

# Control and format characters (line breaks, bidi overrides), surrogates, private use, unassigned.
_REMOVED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Zero-width joiner: family emoji consist of several emoji joined by it.
_KEPT = frozenset({"\u200d"})


def clean_name(name: str) -> str:
    """Return the last path component in NFC, without invisible characters, in at most 255 bytes.

    Returns `unnamed` if nothing but dots remains.
    """
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    visible = "".join(
        char
        for char in unicodedata.normalize("NFC", last)
        if char in _KEPT or unicodedata.category(char) not in _REMOVED
    ).strip()
    if visible.strip(".") == "":
        return UNNAMED
    return shorten(visible, MAX_BYTES)


def shorten(name: str, limit: int) -> str:
    """Shorten a file name to `limit` UTF-8 bytes by cutting its stem; the extension is kept."""
    if len(name.encode()) <= limit:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:  # noqa: PLR2004 (no common extension is longer)
        stem, extension = name, ""
    room = limit - len(f"{dot}{extension}".encode()) if extension else limit
    kept = stem.encode()[:room].decode(errors="ignore")
    return f"{kept}.{extension}" if extension else kept
