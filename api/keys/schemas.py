"""Request and response schemas of API keys."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from infra.database.queries.api_keys import KEY_LIFETIME, Scope

MAX_DAYS = 3650
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"

_Days = Annotated[
    int | None,
    Field(
        ge=1,
        le=MAX_DAYS,
        description="Days until the key expires; null: it expires with the key that creates it.",
    ),
]


class KeyRead(BaseModel):
    """An API key without its secret."""

    id: UUID
    prefix: str = Field(description="First characters of the key.", examples=["gal_4fTqW0xk"])
    name: str = Field(description="Name of the key.")
    scopes: list[Scope]
    created_at: datetime = Field(description="Time at which the key was created.")
    expires_at: datetime | None = Field(description="Time of expiry; null: never.")
    last_used_at: datetime | None = Field(description="Time of the last use, to the minute.")
    last_used_address: str | None = Field(description="Client address of the last use.")
    revoked_at: datetime | None = Field(description="Time of revocation; null: not revoked.")
    is_valid: bool = Field(description="False for a key that has expired or was revoked.")
    is_own: bool = Field(description="Whether the request was made with this key.")


class KeyList(BaseModel):
    """All keys, oldest first, including expired and revoked ones."""

    items: list[KeyRead]


class _Lifetime(BaseModel):
    days: _Days = KEY_LIFETIME.days

    def valid_for(self) -> timedelta | None:
        """Return the requested lifetime; None for no limit."""
        return None if self.days is None else timedelta(days=self.days)


class NewKey(_Lifetime):
    """A key to create."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, pattern=_PRINTABLE)] = Field(
        max_length=100, description="Name of the key, such as the device that uses it."
    )
    scopes: list[Scope] = Field(
        ["read", "submit"],
        min_length=1,
        max_length=3,
        description="What the key permits; only scopes that the key of this request has.",
    )


class Rotation(_Lifetime):
    """How to replace a key."""

    overlap_hours: int = Field(
        24, ge=0, le=24 * 30, description="Hours for which the old key remains valid, at most."
    )

    def overlap(self) -> timedelta:
        """Return the time for which both keys are valid."""
        return timedelta(hours=self.overlap_hours)


class KeyCreated(KeyRead):
    """A new key. `key` is not shown again."""

    key: str = Field(description="The API key itself. It cannot be read again.")
