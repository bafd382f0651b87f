"""Request and response schemas of verdicts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field, model_validator

from core.vocabulary.tags import TagKind
from infra.database.queries.verdicts import Verdict

MAX_IDS = 100_000

TagKey = Annotated[
    str,
    Path(
        max_length=100,
        description="Key of the tag: the WordNet id of a class or category (`n02099601`), or "
        "`custom:` and the slug of a custom tag. Confirming a custom tag that does not exist "
        "creates it.",
    ),
]


class VerdictWrite(BaseModel):
    """Decision on one tag of one image."""

    verdict: Verdict = Field(
        description="`confirmed`: the image shows this. `rejected`: it does not."
    )
    sampled: bool = Field(
        default=False,
        description="True: the image came from `GET /review?order=random`. Only such decisions "
        "measure the accuracy of the model without bias.",
    )


class VerdictSelection(BaseModel):
    """Decision on one tag of many images: by id or by search. Exactly one of them is required."""

    tag: str = Field(max_length=100, description="Key of the tag.", examples=["n02099601"])
    verdict: Verdict | None = Field(description="The verdict; null withdraws earlier ones.")
    ids: list[UUID] | None = Field(
        None, max_length=MAX_IDS, description=f"Ids of the images, at most {MAX_IDS:,}."
    )
    q: str | None = Field(None, max_length=500, description="A search; selects what it finds.")
    min_score: float = Field(0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _require_one_criterion(self) -> "VerdictSelection":
        if (self.ids is None) == (self.q is None):
            raise ValueError("send exactly one of `ids` and `q`")
        return self


class Decided(BaseModel):
    """Result of deciding on many images, or of undoing such a decision."""

    changed: int = Field(description="Number of images whose verdict changed.")
    undo: UUID = Field(description="Token for `POST /verdicts/undo`, valid for a day.")


class Undo(BaseModel):
    """Decisions to undo."""

    undo: UUID = Field(description="Token of the response that made the decisions.")


class HistoryEntryRead(BaseModel):
    """One decision on a tag of an image."""

    tag: str = Field(description="Key of the tag.", examples=["n02099601"])
    label: str
    kind: TagKind
    verdict: Verdict | None = Field(description="Null: an earlier decision was withdrawn.")
    by: str | None = Field(
        description="Name of the API key that decided; null if the gallery had no keys."
    )
    at: datetime = Field(description="Time of the decision.")
    model: str | None = Field(description="Model whose predictions the image had at that time.")


class History(BaseModel):
    """Decisions on an image, newest first."""

    items: list[HistoryEntryRead]
