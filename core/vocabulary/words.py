"""Words of names and of searches."""

from __future__ import annotations

import re
from typing import Final

_WORD = re.compile(r"[^\W_]+")

# Rules by which WordNet's own lookup turns plural nouns into singular ones: ending, replacement.
_RULES: Final = (
    ("s", ""),
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
)


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into lower-case words of letters and digits."""
    return tuple(_WORD.findall(text.lower()))


def regular_singulars(word: str) -> frozenset[str]:
    """Return what the singular of a word may be by rule: "puppies" may be from "puppy"."""
    return frozenset(
        word.removesuffix(ending) + replacement
        for ending, replacement in _RULES
        if word.endswith(ending) and not word.endswith("ss") and len(word) > len(ending) + 1
    )
