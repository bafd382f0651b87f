"""Fields of the search language (`name:value`).

Each reader parses one value and raises ValueError with a message for users.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal, get_args

from core.search.ast import (
    Atom,
    Decided,
    Name,
    Reason,
    Scores,
    Status,
    Tagged,
    Untagged,
    Uploaded,
    VerdictSought,
    to_real,
)
from core.types import ImageStatus
from core.vocabulary.tags import tags_by_wnid

# Number of classes that the model reports for each image.
BEST = 5

_SCORE = re.compile(r"(>=|<=|>|<|)(\d+\.?\d*(?:e-?\d+)?|\.\d+)(%?)", re.ASCII)
_CODE = re.compile(r"\w+", re.ASCII)


def read_scores(value: str) -> Scores:
    """Parse a score range such as `>=0.6` or `<30%`; a bare number is the minimum.

    Raises:
        ValueError: The value is not a number from 0 to 1, with an optional comparison.
    """
    found = _SCORE.fullmatch(value)
    number = float(found[2]) / (100 if found[3] else 1) if found else -1
    if not found or not 0 <= number <= 1:
        raise ValueError("`score:` requires a number from 0 to 1, for example `score:>=0.6`.")
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
    """Return the next smaller score that Postgres `real` can represent; -1 below 0."""
    return _step(score, -1)


def _step(score: float, by: int) -> float:
    """Return the adjacent single-precision number; -1 below 0, which matches no score."""
    if score <= 0 and by < 0:
        return -1.0
    (bits,) = struct.unpack("I", struct.pack("f", score))
    return float(struct.unpack("f", struct.pack("I", bits + by))[0])


def read_top(value: str) -> int:
    """Parse the number of best classes to consider.

    Raises:
        ValueError: The value is not an integer from 1 to 5.
    """
    if value not in {str(top) for top in range(1, BEST + 1)}:
        raise ValueError(f"`top:` requires an integer from 1 to {BEST}.")
    return int(value)


def _read_tag(value: str) -> Tagged:
    number = tags_by_wnid().get(value.lower())
    if number is None:
        raise ValueError("`tag:` requires the id of a tag, for example `tag:n02084071` for dogs.")
    return Tagged(number)


def _read_status(value: str) -> Status:
    for status in get_args(ImageStatus):
        if value.lower() == status:
            return Status(status)
    raise ValueError(f"`status:` requires one of {', '.join(get_args(ImageStatus))}.")


def _read_reason(value: str) -> Reason:
    if not _CODE.fullmatch(value):
        raise ValueError("`reason:` requires a failure code, for example `reason:crashed_worker`.")
    return Reason(value.lower())


def _read_untagged(value: str) -> Untagged:
    if value.lower() not in {"yes", "no"}:
        raise ValueError("`untagged:` requires yes or no.")
    return Untagged(value.lower() == "yes")


def _read_verdict(value: str) -> Decided:
    for verdict in get_args(VerdictSought):
        if value.lower() == verdict:
            return Decided(verdict)
    raise ValueError(f"`verdict:` requires one of {', '.join(get_args(VerdictSought))}.")


def _read_author(value: str) -> Decided:
    if value.lower() != "person":
        raise ValueError("`by:` requires `person`.")
    return Decided("confirmed")


def _read_name(value: str) -> Name:
    if not value or "\0" in value:
        raise ValueError(
            "`name:` requires a file name or a part of one, for example `name:holiday*`."
        )
    return Name(value)


def _read_time(side: Literal["after", "before"], value: str) -> Uploaded:
    try:
        return Uploaded(side, read_moment(value))
    except ValueError:
        raise ValueError(f"`{side}:` requires a date, for example `{side}:2026-01-31`.") from None


def read_moment(text: str) -> datetime:
    """Parse an ISO 8601 time and convert it to UTC; a time without an offset is UTC.

    The conversion is required because Postgres rejects offsets of 16 hours or more.

    Raises:
        ValueError: The text is not a time, or is outside the years 1 to 9999 in UTC.
    """
    time = datetime.fromisoformat(text)
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


ATOM_FIELDS: Final[dict[str, Callable[[str], Atom]]] = {
    "tag": _read_tag,
    "status": _read_status,
    "reason": _read_reason,
    "untagged": _read_untagged,
    "name": _read_name,
    "verdict": _read_verdict,
    "by": _read_author,
    "after": partial(_read_time, "after"),
    "before": partial(_read_time, "before"),
}
"""Readers of the fields that produce an atom, by field name."""
