"""Response schemas of tags and of matches between a search and an image."""

from typing import Literal

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


HintKind = Literal["inside", "spelling", "name", "weak"]


class SearchHint(BaseModel):
    """Another search to offer.

    | kind | finds |
    | --- | --- |
    | `inside` | the same images, and those with the words inside other words |
    | `spelling` | images with tags of similar spelling |
    | `name` | images by file name |
    | `weak` | the same images, and those with scores below `min_score` |
    """

    kind: HintKind
    q: str = Field(description="The search to offer.", examples=["owl|*owl*"])
    total: int = Field(description="Number of images that it finds.")
    total_is_exact: bool = Field(description="Whether `total` is exact, not estimated.")


class TagName(BaseModel):
    """Tag that a search gives by its id, with its name."""

    tag: str = Field(description="Tag key: the WordNet id.", examples=["n02084071"])
    label: str = Field(description="Display name of the tag.", examples=["dog"])


class BroaderTag(BaseModel):
    """Word of a search that is read as a tag of which it names a kind."""

    word: str = Field(description="Word as typed, in lower case.", examples=["puppies"])
    label: str = Field(description="Display name of the tag.", examples=["dog"])


class SearchHints(BaseModel):
    """What else a search may have meant, and the names of the tags in it."""

    tags: list[TagName] = Field(description="Tags that the search gives by `tag:`.")
    broader: list[BroaderTag] = Field(description="Words that are read as a broader tag.")
    hints: list[SearchHint] = Field(description="Searches to offer; none without other images.")
