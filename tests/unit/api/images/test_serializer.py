"""JSON of images compared with the documented schema."""

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
def images(draw: st.DrawFn) -> Image:
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
        decided=None,
        custom=None,
    )


@given(image=images())
def test_serialized_image_equals_documented_schema(image: Image) -> None:
    content = serialize_image(image, MatchExplainer(parse_search("dog|animal -zzz")).of(image))

    parsed = ImageRead.model_validate(content)
    assert dump_json(content).decode() == parsed.model_dump_json()
    assert list(content) == list(ImageRead.model_fields)


def test_match_has_path_from_class_to_search_term() -> None:
    numbers = {tag.name: number for number, tag in reversed(load_tags().items())}
    image = Image(
        UUID(int=1), b"", "a", "done", "image/png", 1, 1, 1, datetime.now(UTC), None, None, None,
        None, None, [numbers["tabby"], numbers["golden_retriever"], numbers["dog"]],
        [0.1, 0.4, 0.9], 0.4, None, None,
    )  # fmt: skip

    found = MatchExplainer(parse_search("dog cat")).of(image)

    assert [(each["label"], each["rank"], each["path"]) for each in found] == [
        ("dog", None, "golden retriever ← dog"),
        ("tabby", 2, "tabby ← tabby cat"),
    ]
    assert MatchExplainer(parse_search("-dog")).of(image) == []
    assert MatchExplainer(parse_search("cat score:>=0.2")).of(image) == []
