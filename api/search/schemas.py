"""The shapes of tags."""

from pydantic import BaseModel, Field

from api.schemas import WordNetId
from core.vocabulary.tags import TagKind


class MatchRead(BaseModel):
    """A tag of a picture that a search matched."""

    rank: int | None
    label: str
    kind: TagKind
    wnid: WordNetId
    score: float
    path: str = Field(
        description="From what the picture shows to what was typed.",
        examples=["golden retriever ← dog"],
    )


class TagRead(BaseModel):
    """A tag, and the number of pictures that show it."""

    label: str = Field(description="As people write it.", examples=["car"])
    kind: TagKind
    wnid: WordNetId
    count: int
    synonym: str | None = Field(
        description="The other word for it that was found, if it was not the label.",
        examples=["automobile"],
    )


class Tags(BaseModel):
    """The most frequent tags first."""

    items: list[TagRead]
