"""Correlation ids: pass request id, job id and trace context from the API to the workers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import structlog

# Fields of an origin, as they are named in the log.
_FIELDS: Final = ("request_id", "job_id", "traceparent")

Origin = Mapping[str, str]


def current_origin() -> Origin:
    """Return the correlation ids of the current task, as its log lines have them."""
    context = structlog.contextvars.get_contextvars()
    return {name: str(context[name]) for name in _FIELDS if name in context}


def pack(origins: Iterable[Origin]) -> list[dict[str, Any]]:
    """Return a message header with each distinct origin and the positions of its images.

    Args:
        origins: The origin of each image, in the order of the ids in the message.
    """
    packed: list[dict[str, Any]] = []
    for position, origin in enumerate(origins):
        known = next((each for each in packed if each["origin"] == origin), None)
        if known is None:
            known = {"origin": origin, "at": []}
            packed.append(known)
        known["at"].append(position)
    return packed


def unpack(header: object, ids: Sequence[UUID]) -> dict[UUID, Origin]:
    """Return the origins by image id. Empty for messages of the sweeper, which have no header."""
    return {
        ids[position]: each["origin"]
        for each in (header if isinstance(header, list) else ())
        for position in each["at"]
        if position < len(ids)
    }


def bind_origins(origins: Iterable[Origin]) -> None:
    """Bind the request and job ids of a batch to the log lines of the current task."""
    structlog.contextvars.clear_contextvars()
    known = list(origins)
    for name, many in (("request_id", "request_ids"), ("job_id", "job_ids")):
        values = list(dict.fromkeys(each[name] for each in known if name in each))
        if values:
            structlog.contextvars.bind_contextvars(**{many: values})
