"""JSON of jobs compared with the documented schema."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from api.jobs.schemas import JobRead
from api.jobs.serializer import serialize_job
from api.schemas import JobSummary
from api.serialization import dump_json, serialize_summary
from core.search.ast import to_real
from core.vocabulary.tags import load_tags
from infra.database.queries.jobs import Job, JobItem

TIMES = st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)
NUMBERS = st.integers(0, 10**6)


@st.composite
def items(draw: st.DrawFn) -> JobItem:
    tags = draw(st.lists(st.sampled_from(sorted(load_tags())), max_size=5, unique=True))
    problem = draw(st.none() | st.just("truncated"))
    return JobItem(
        position=draw(NUMBERS),
        name=draw(st.text(max_size=20)),
        outcome=draw(st.sampled_from(["accepted", "duplicate", "rejected"])),
        image_id=draw(st.none() | st.uuids()),
        status=draw(st.none() | st.sampled_from(["queued", "running", "done", "failed"])),
        problem_code=problem,
        problem_detail=problem and draw(st.none() | st.just("It ends early.")),
        tags=tags,
        scores=sorted(draw(st.floats(0, 1, width=32).map(to_real)) for _ in tags),
    )


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    names = ("total", "queued", "running", "done", "failed", "duplicate", "rejected", "cancelled")
    return Job(
        id=draw(st.uuids()),
        created_at=draw(TIMES),
        changed_at=draw(TIMES),
        read_at=draw(TIMES),
        **{name: draw(NUMBERS) for name in names},
    )


@given(job=jobs(), listed=st.lists(items(), max_size=3))
def test_serialized_job_equals_documented_schema(job: Job, listed: list[JobItem]) -> None:
    content = serialize_job(job, listed)

    assert dump_json(content).decode() == JobRead.model_validate(content).model_dump_json()
    assert JobSummary.model_validate(serialize_summary(job)).counts.total == job.total
