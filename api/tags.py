"""Tags: what the gallery shows, for autocompletion."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.dependencies import MinScore, ServiceDep
from api.problems import problems
from infra.database.tags import count_classes
from infra.vocabulary import load_vocabulary

router = APIRouter(prefix="/tags", tags=["tags"])


class TagRead(BaseModel):
    """A tag, and the number of pictures that show it."""

    label: str = Field(description="As people write it.", examples=["golden retriever"])
    kind: str = Field(examples=["class"])
    count: int


class Tags(BaseModel):
    """The most frequent tags first."""

    items: list[TagRead]


@router.get("", operation_id="listTags", responses=problems(422, 503))
async def list_tags(
    service: ServiceDep,
    q: Annotated[str, Query(max_length=100, description="Part of the tag.")] = "",
    min_score: MinScore = 0.0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Tags:
    """The tags that contain a text, with how many pictures show each."""
    vocabulary = load_vocabulary()
    wanted = sorted(vocabulary.classes_matching(q))
    async with service.database.connection() as conn:
        counts = await count_classes(conn, wanted, min_score=min_score, limit=limit)
    return Tags(
        items=[
            TagRead(
                label=vocabulary.classes[each.class_index].label, kind="class", count=each.count
            )
            for each in counts
        ]
    )
