"""Request and response schemas of custom tags."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field

from api.images.schemas import ImageRead
from core.custom_tags import CustomTagState

Slug = Annotated[str, Path(max_length=60, description="Slug of the custom tag.")]
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["Lace"])]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CustomTagWrite(BaseModel):
    """A custom tag to create."""

    name: Name


class CustomTagPatch(BaseModel):
    """Settings to change; omitted ones stay as they are."""

    name: Name | None = None
    threshold: float | None = Field(
        None, ge=0, le=1, description="Score from which images get the tag; null: automatic."
    )
    suggest_only: bool | None = Field(None, description="True: never tag images by itself.")


class PrecisionRead(BaseModel):
    """Cross-validated share of images above the automatic threshold that have the tag."""

    value: float = Field(description="The share, 0 to 1.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float = Field(description="Upper end of the 95 % interval.")


class CurvePointRead(BaseModel):
    """Cross-validated precision and recall at a threshold."""

    threshold: float = Field(description="Score from which images would get the tag.")
    precision: float = Field(description="Share of them that have the tag.")
    recall: float = Field(description="Share of the confirmed images above the threshold.")


class CustomTagRead(BaseModel):
    """A custom tag with the result of its last training."""

    slug: str = Field(description="Identifies the tag; stays when it is renamed.")
    tag: str = Field(examples=["custom:lace"], description="Tag key.")
    name: str
    state: CustomTagState
    positives: int = Field(description="Number of confirmed images.")
    negatives: int = Field(description="Number of rejected images.")
    precision: PrecisionRead | None = Field(
        description="Precision at the automatic threshold; null before the training."
    )
    threshold: float | None = Field(description="Threshold in use; null before the training.")
    automatic_threshold: float | None = Field(
        description="Threshold for a precision of 0.9, as far as the examples allow."
    )
    curve: list[CurvePointRead] = Field(description="Other thresholds, strictest first.")
    images: int = Field(description="Number of images with the tag.")
    suggest_only: bool = Field(description="Whether it never tags images by itself.")
    is_updating: bool = Field(description="Whether a training is due or running.")
    similar: list[list[UUID]] = Field(description="Nearly identical confirmed images.")
    contradicting: list[UUID] = Field(description="Examples unlike the others.")
    version: int = Field(description="Grows with each training that took effect.")
    model: str | None
    created_at: datetime


class CustomTagList(BaseModel):
    """All custom tags in the order of their names."""

    items: list[CustomTagRead]


class CustomTagChanged(BaseModel):
    """Result of deleting or merging a custom tag."""

    undo: UUID = Field(description="Token for `POST /custom-tags/undo`, valid for a day.")


class CustomTagUndo(BaseModel):
    """Deletion or merge to undo."""

    undo: UUID = Field(description="Token of the response that deleted or merged the tag.")


class CustomTagMerge(BaseModel):
    """The custom tag that takes over the examples."""

    into: str = Field(max_length=60, description="Slug of the other tag.")


class CustomTagFile(BaseModel):
    """A custom tag to take along to another gallery."""

    format: Literal["gallery-custom-tag/1"] = Field(
        "gallery-custom-tag/1", description="Format of the file."
    )
    slug: str = Field(max_length=60, description="Slug of the tag.")
    name: Name
    version: int = Field(0, description="Version of the classifier in the exporting gallery.")
    classifier: dict[str, Any] | None = Field(description="Weights and threshold, if trained.")
    confirmed: list[Sha256] = Field(
        max_length=100_000, description="SHA-256 of the images that show it."
    )
    rejected: list[Sha256] = Field(
        max_length=100_000, description="SHA-256 of the images that do not."
    )


class SuggestionRead(ImageRead):
    """An image without a verdict on the tag."""

    reason: str = Field(description="Why it is suggested, for users.")
    suggested_score: float = Field(description="Calibrated score of the tag.")


class Suggestions(BaseModel):
    """Images worth a decision, most worthwhile first."""

    items: list[SuggestionRead]
    next: str | None = Field(description="Always null.")
