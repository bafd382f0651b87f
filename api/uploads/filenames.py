"""File names as harmless text."""

import unicodedata

MAX_BYTES = 255
UNNAMED = "unnamed"

# Control and format characters (line breaks, bidi overrides), surrogates, private use, unassigned.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Zero-width joiner: without it family emoji fall apart.
_KEPT = frozenset({"\u200d"})


def clean_name(name: str) -> str:
    """The last part of a client's file name, composed, visible, at most 255 bytes long."""
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    visible = "".join(
        char
        for char in unicodedata.normalize("NFC", last)
        if char in _KEPT or unicodedata.category(char) not in _HIDDEN
    ).strip()
    if visible.strip(".") == "":
        return UNNAMED
    return shorten(visible, MAX_BYTES)


def shorten(name: str, limit: int) -> str:
    """Cut in the middle of the stem, never inside a character; the ending stays."""
    if len(name.encode()) <= limit:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:  # noqa: PLR2004 (no file type is written longer)
        stem, ending = name, ""
    room = limit - len(f"{dot}{ending}".encode()) if ending else limit
    kept = stem.encode()[:room].decode(errors="ignore")
    return f"{kept}.{ending}" if ending else kept
