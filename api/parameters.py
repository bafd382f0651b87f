"""Path and query parameters that several routes share."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

JobId = Annotated[UUID, Path(description="ID of the job.")]
ImageId = Annotated[UUID, Path(description="ID of the image.")]
Cursor = Annotated[str | None, Query(description="`next` of the previous page.", max_length=500)]
Skip = Annotated[
    int,
    Query(ge=0, le=10_000_000, description="Number of items to skip before the page starts."),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Maximum number of items to return.")]
SearchText = Annotated[
    str,
    Query(
        max_length=500,
        description='Search query: words, `"a phrase"`, `-not`, `a|b`, `score:>=0.6`, `top:1`, '
        "`status:failed`, `untagged:yes`, `name:holiday*`, `after:2026-01-01`. "
        "See docs/reference/search-language.md.",
    ),
]
MinScore = Annotated[
    float, Query(ge=0, le=1, description="Ignore tags with a score below this value.")
]
