"""Where a picture's work comes from: request and job, named alike in the log of every process."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import structlog

# What a message may carry beside ids of pictures: more ids, for the log and for traces.
_FIELDS: Final = ("request_id", "job_id", "traceparent")

Origin = Mapping[str, str]


def current_origin() -> Origin:
    """What is being worked on here, as this task's log lines have it."""
    context = structlog.contextvars.get_contextvars()
    return {name: str(context[name]) for name in _FIELDS if name in context}


def pack(origins: Iterable[Origin]) -> list[dict[str, Any]]:
    """A message's header: each origin once, with the positions of its pictures."""
    packed: list[dict[str, Any]] = []
    for position, origin in enumerate(origins):
        known = next((each for each in packed if each["origin"] == origin), None)
        if known is None:
            known = {"origin": origin, "at": []}
            packed.append(known)
        known["at"].append(position)
    return packed


def unpack(header: object, ids: Sequence[UUID]) -> dict[UUID, Origin]:
    """Each picture's origin, of those that have one. A sweeper's messages have no header."""
    return {
        ids[position]: each["origin"]
        for each in (header if isinstance(header, list) else ())
        for position in each["at"]
        if position < len(ids)
    }


def bind_origins(origins: Iterable[Origin]) -> None:
    """Have the log lines of a message's work name where it comes from."""
    structlog.contextvars.clear_contextvars()
    known = list(origins)
    for name, many in (("request_id", "request_ids"), ("job_id", "job_ids")):
        values = list(dict.fromkeys(each[name] for each in known if name in each))
        if values:
            structlog.contextvars.bind_contextvars(**{many: values})
