"""Audit events of a request: who did what, from where, and with which outcome.

A route declares the parameter `audit: AuditDep` and records what it changed:

    audit.record("images.restored", count=len(ids), **ids_of(ids))
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import Depends, Request

from api.auth.dependencies import Caller
from api.auth.rate_limit import network_of
from api.background.audit_trail import AuditTrail
from api.dependencies import resource
from infra.database.queries.audit import AuditEvent, AuditOutcome
from infra.database.queries.sessions import KeyHolder

# Ids in the details of one event.
_MAX_IDS = 10


@dataclass(slots=True)
class Action:
    """An action in progress. `count` is set by the code that performs it."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Audit:
    """Records the audit events of one request."""

    trail: AuditTrail
    caller: KeyHolder | None
    address: str
    request_id: str | None

    def record(
        self,
        event: str,
        *,
        outcome: AuditOutcome = "done",
        count: int | None = None,
        **details: Any,  # noqa: ANN401 (JSON values)
    ) -> None:
        """Record an event.

        Args:
            event: Name, `noun.participle`.
            outcome: What became of it.
            count: Number of affected images.
            details: Further facts, such as ids. Never secrets or file names.
        """
        self.trail.add(self.event(event, outcome=outcome, count=count, **details))

    def refuse(self, event: str, reason: str) -> None:
        """Record a refusal; equal ones of the same client within a minute are counted."""
        self.trail.refuse(
            network_of(self.address), self.event(event, outcome="refused", reason=reason)
        )

    @contextmanager
    def action(self, event: str, **details: Any) -> Iterator[Action]:  # noqa: ANN401 (JSON values)
        """Record an event when the block ends, with the outcome `failed` if it raises.

        An action that succeeds and affects nothing is not recorded.
        """
        action = Action()
        try:
            yield action
        except BaseException:
            self.record(event, outcome="failed", count=action.count, **details)
            raise
        if action.count:
            self.record(event, count=action.count, **details)

    def event(
        self,
        event: str,
        *,
        outcome: AuditOutcome = "done",
        count: int | None = None,
        **details: Any,  # noqa: ANN401 (JSON values)
    ) -> AuditEvent:
        """Return an event of this request, to be written in the transaction of the change."""
        return AuditEvent(
            event=event,
            outcome=outcome,
            key_id=self.caller.id if self.caller else None,
            key_name=self.caller.name if self.caller else None,
            address=self.address or None,
            count=count,
            request_id=self.request_id,
            details=details,
        )


def address_of(request: Request) -> str:
    """Return the client address of a request; empty for a Unix socket."""
    return request.client.host if request.client else ""


def ids_of(ids: Sequence[UUID]) -> dict[str, list[str]]:
    """Return the details that name the affected images, at most ten of them."""
    return {"image_ids": [str(each) for each in ids[:_MAX_IDS]]}


async def _audit(
    request: Request, caller: Caller, trail: Annotated[AuditTrail, resource("audit_trail")]
) -> Audit:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return Audit(trail, caller, address_of(request), request_id)


AuditDep = Annotated[Audit, Depends(_audit)]
