"""Response schemas of the audit trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from infra.database.queries.audit import AuditOutcome


class AuditEventRead(BaseModel):
    """What happened: who, from where, what, how many, and the outcome."""

    id: UUID
    at: datetime = Field(description="When it happened.")
    event: str = Field(description="Name of the event.", examples=["images.deleted"])
    outcome: AuditOutcome = Field(
        description="`done`, `refused` (not permitted) or `failed` (perhaps done in part)."
    )
    key_id: UUID | None = Field(description="Id of the API key; null without a key.")
    key_name: str | None = Field(description="Name of the API key at that time.")
    address: str | None = Field(
        description="Address of the client; null for commands on the server."
    )
    count: int | None = Field(
        description="Number of images, or of refusals of the same client for the same reason."
    )
    request_id: str | None = Field(description="Id of the request in the service's logs.")
    details: dict[str, Any] = Field(description="Further facts, which depend on the event.")


class AuditPage(BaseModel):
    """One page of the audit trail, newest first."""

    items: list[AuditEventRead]
    next: str | None = Field(
        description="Cursor of the next page, for the parameter `cursor`; null on the last page."
    )
