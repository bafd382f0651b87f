"""Response schemas of jobs."""

from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import JobSummary, PredictionRead, Reason
from core.types import ImageStatus, Outcome


class JobItemRead(BaseModel):
    """One submitted file of a job."""

    position: int = Field(description="Position of the file in the job, from 0.")
    name: str
    outcome: Outcome
    image_id: UUID | None = Field(
        description="Id of the image; null if the file was rejected or the image was purged."
    )
    status: ImageStatus | None = Field(
        description="Status of the image; null if the file was rejected."
    )
    problem: Reason | None
    predictions: list[PredictionRead]


class JobRead(JobSummary):
    """One submission: its files and their progress."""

    items: list[JobItemRead]
    cursor: str = Field(
        description="Time of this response. Send it as `changed_since` to receive only items that "
        "change later."
    )
