"""Pictures as clients see them, against the shape that the API describes."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api.images.schemas import ImageRead
from api.images.serializer import serialize_image
from api.search.matches import MatchExplainer
from api.serialization import dump_json
from core.search.ast import to_real
from core.search.parser import parse_search
from core.vocabulary.tags import FIRST_CATEGORY, load_tags
from infra.database.queries.images import Image

TAGS = sorted(load_tags())
CLASSES = [tag for tag in TAGS if tag < FIRST_CATEGORY]
CATEGORIES = [tag for tag in TAGS if tag >= FIRST_CATEGORY]
TIMES = st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)


@st.composite
def pictures(draw: st.DrawFn) -> Image:
    classes = draw(st.lists(st.sampled_from(CLASSES), max_size=5, unique=True))
    tags = classes + draw(st.lists(st.sampled_from(CATEGORIES), max_size=4, unique=True))
    scores = [draw(st.floats(0, 1, width=32).map(to_real)) for _ in tags]
    failure = draw(st.none() | st.just("truncated"))
    return Image(
        id=draw(st.uuids()),
        sha256=b"",
        name=draw(st.text(max_size=20)),
        status=draw(st.sampled_from(["queued", "running", "done", "failed", "cancelled"])),
        media_type="image/png",
        width=draw(st.integers(1, 60_000)),
        height=draw(st.integers(1, 60_000)),
        bytes=draw(st.integers(1, 10**9)),
        created_at=draw(TIMES),
        classified_at=draw(st.none() | TIMES),
        deleted_at=draw(st.none() | TIMES),
        model=draw(st.none() | st.text(max_size=5)),
        failure_code=failure,
        failure_detail=failure and "It ends early.",
        tags=draw(st.permutations(tags)),
        scores=sorted(scores),
        confidence=0.0,
    )


@given(picture=pictures())
def test_a_picture_is_shown_as_the_api_describes_it(picture: Image) -> None:
    shown = serialize_image(picture, MatchExplainer(parse_search("dog|animal -zzz")).of(picture))

    read = ImageRead.model_validate(shown)
    assert dump_json(shown).decode() == read.model_dump_json()
    assert list(shown) == list(ImageRead.model_fields)


def test_a_picture_says_by_which_path_it_was_found() -> None:
    numbers = {tag.name: number for number, tag in reversed(load_tags().items())}
    picture = Image(
        UUID(int=1), b"", "a", "done", "image/png", 1, 1, 1, datetime.now(UTC), None, None, None,
        None, None, [numbers["tabby"], numbers["golden_retriever"], numbers["dog"]],
        [0.1, 0.4, 0.9], 0.4,
    )  # fmt: skip

    found = MatchExplainer(parse_search("dog cat")).of(picture)

    assert [(each["label"], each["rank"], each["path"]) for each in found] == [
        ("dog", None, "golden retriever ← dog"),
        ("tabby", 2, "tabby ← tabby cat"),
    ]
    assert MatchExplainer(parse_search("-dog")).of(picture) == []
    assert MatchExplainer(parse_search("cat score:>=0.2")).of(picture) == []
