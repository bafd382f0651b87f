"""Response schemas of tags and of matches between a search and an image."""

from pydantic import BaseModel, Field

from api.schemas import WordNetId
from core.vocabulary.tags import TagKind


class MatchRead(BaseModel):
    """Tag of an image that matches the search."""

    rank: int | None = Field(
        description="Position of the class among the predictions, from 1; null for a category."
    )
    label: str
    kind: TagKind
    wnid: WordNetId
    score: float
    path: str = Field(
        description="How the search term relates to the image: predicted class, matching tag and "
        "matching synonym, without repetitions.",
        examples=["golden retriever ← dog"],
    )


class TagRead(BaseModel):
    """Tag with the number of images that have it."""

    label: str = Field(description="Display name of the tag.", examples=["car"])
    kind: TagKind
    wnid: WordNetId
    count: int
    synonym: str | None = Field(
        description="Synonym that matches the query; null if the label itself matches.",
        examples=["automobile"],
    )


class Tags(BaseModel):
    """Tags, most frequent first."""

    items: list[TagRead]
