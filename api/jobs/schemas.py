"""The shapes of jobs."""

from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import JobSummary, PredictionRead, Reason
from core.types import ImageStatus, Outcome


class JobItemRead(BaseModel):
    """One file of a job."""

    position: int = Field(description="Its place in the job, from 0.")
    name: str
    outcome: Outcome
    image_id: UUID | None
    status: ImageStatus | None = Field(description="Of its picture; null where it was rejected.")
    problem: Reason | None
    predictions: list[PredictionRead]


class JobRead(JobSummary):
    """A receipt: what was sent, and what has become of it."""

    items: list[JobItemRead]
    cursor: str = Field(description="Pass as `changed_since` to get only what changes from now on.")
