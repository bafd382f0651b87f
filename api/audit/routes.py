"""Route of the audit trail."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.audit.schemas import AuditEventRead, AuditPage
from api.auth.scopes import requires
from api.dependencies import DatabaseDep
from api.pagination import read_cursor, write_cursor
from api.parameters import Cursor, Limit
from api.problems import problems
from infra.database.queries.audit import EventFilter, list_events

router = APIRouter(prefix="/audit", tags=["keys"])

_TEXT = r"^[^\x00]*$"  # Postgres stores no NUL


@router.get("", operation_id="listAuditEvents", responses=problems(422, 503))
@requires("manage")
async def list_audit_events(
    database: DatabaseDep,
    since: Annotated[datetime | None, Query(description="Only events from this time on.")] = None,
    event: Annotated[
        str | None,
        Query(
            max_length=100,
            pattern=_TEXT,
            description="Only events with this name, such as `images.deleted`, or with this noun, "
            "such as `images`.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        Query(max_length=100, pattern=_TEXT, description="Only events of keys with this name."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """List the events of the audit trail, newest first.

    An event appears within about a second. Events are deleted after GALLERY_AUDIT_RETENTION.
    """
    which = EventFilter(since=since, event=event, key=key, after=read_cursor(cursor), limit=limit)
    async with database.connection() as conn:
        events = await list_events(conn, which)
    last = events[-1] if len(events) == limit else None
    return AuditPage(
        items=[AuditEventRead(**asdict(each)) for each in events],
        next=last and write_cursor(last.at, last.id),
    )
