"""The fields of a query: `name:value`. Readers raise ValueError, whose text is for people."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal, get_args

from core.search.ast import Atom, Name, Scores, Status, Untagged, Uploaded, to_real
from core.types import ImageStatus

BEST = 5

_SCORE = re.compile(r"(>=|<=|>|<|)(\d+\.?\d*(?:e-?\d+)?|\.\d+)(%?)", re.ASCII)


def read_scores(value: str) -> Scores:
    """Read `>=0.6`, `<30%`; a number alone is the least score."""
    found = _SCORE.fullmatch(value)
    number = float(found[2]) / (100 if found[3] else 1) if found else -1
    if not found or not 0 <= number <= 1:
        raise ValueError("`score:` takes a number from 0 to 1, such as `score:>=0.6`.")
    score = to_real(number)
    match found[1]:
        case ">":
            return Scores(low=_step(score, 1))
        case "<":
            return Scores(high=_step(score, -1))
        case "<=":
            return Scores(high=score)
        case _:
            return Scores(low=score)


def previous_score(score: float) -> float:
    """The next number below that can be stored."""
    return _step(score, -1)


def _step(score: float, by: int) -> float:
    """The next number above or below that can be stored; the one below 0 finds nothing."""
    if score <= 0 and by < 0:
        return -1.0
    (bits,) = struct.unpack("I", struct.pack("f", score))
    return float(struct.unpack("f", struct.pack("I", bits + by))[0])


def read_top(value: str) -> int:
    """Read how many of the best classes count."""
    if value not in {str(top) for top in range(1, BEST + 1)}:
        raise ValueError(f"`top:` takes a number from 1 to {BEST}.")
    return int(value)


def _read_status(value: str) -> Status:
    for status in get_args(ImageStatus):
        if value.lower() == status:
            return Status(status)
    raise ValueError(f"`status:` takes one of {', '.join(get_args(ImageStatus))}.")


def _read_untagged(value: str) -> Untagged:
    if value.lower() not in {"yes", "no"}:
        raise ValueError("`untagged:` takes yes or no.")
    return Untagged(value.lower() == "yes")


def _read_name(value: str) -> Name:
    if not value or "\0" in value:
        raise ValueError("`name:` takes a file name, or a part of one, such as `name:holiday*`.")
    return Name(value)


def _read_time(side: Literal["after", "before"], value: str) -> Uploaded:
    try:
        return Uploaded(side, read_moment(value))
    except ValueError:
        raise ValueError(f"`{side}:` takes a date, such as `{side}:2026-01-31`.") from None


def read_moment(text: str) -> datetime:
    """Read a time, in UTC unless it says otherwise, as a time in UTC.

    Postgres takes no offset of 16 hours or more, which Python does.

    Raises:
        ValueError: it is none, or none within the years 1 to 9999 of UTC.
    """
    time = datetime.fromisoformat(text)
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


ATOM_FIELDS: Final[dict[str, Callable[[str], Atom]]] = {
    "status": _read_status,
    "untagged": _read_untagged,
    "name": _read_name,
    "after": partial(_read_time, "after"),
    "before": partial(_read_time, "before"),
}
