"""Retries of the client, without a network: the flow is driven by hand."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from gallery_client import Retries, UnavailableError
from gallery_client.errors import GalleryError, RequestRefusedError
from gallery_client.files import LocalFile, group
from gallery_client.flow import Caller, Flow, NoResponse, Response, Send, Sleep
from gallery_client.models import Restored
from gallery_client.operations import create_job, restore_images

OK = Response(200, {}, b'{"restored": 1}')


def drive(
    replies: Iterable[Response | NoResponse],
    retries: Retries | None = None,
    *,
    is_patient: bool = False,
) -> tuple[Restored, list[float]]:
    """Return the result of a call that receives these replies, and the delays between them."""
    caller = Caller("http://gallery", retries or Retries())
    flow: Flow[Restored] = caller.call(restore_images(["1"]), is_patient=is_patient)
    pending = iter(replies)
    delays: list[float] = []
    step = next(flow)
    while True:
        assert isinstance(step, Send)
        try:
            step = flow.send(next(pending))
        except StopIteration as end:
            return end.value, delays
        assert isinstance(step, Sleep)
        delays.append(step.seconds)
        step = flow.send(None)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_temporary_failure_is_repeated(status: int) -> None:
    result, delays = drive([Response(status, {}, b""), NoResponse("refused"), OK])

    assert result.restored == 1
    assert len(delays) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_refusal_is_not_repeated(status: int) -> None:
    body = b'{"type": "/problems/x", "title": "T", "detail": "Missing.", "request_id": "r"}'
    with pytest.raises(RequestRefusedError, match=r"Missing\.") as raised:
        drive([Response(status, {}, body)])

    assert (raised.value.status, raised.value.problem_type) == (status, "/problems/x")
    assert raised.value.request_id == "r"


def test_delays_double_up_to_the_longest() -> None:
    _, delays = drive([NoResponse("refused")] * 5 + [OK], Retries(first_delay=1, max_delay=4))
    longest = [1, 2, 4, 4, 4]

    assert all(most / 2 <= each <= most for each, most in zip(delays, longest, strict=True))


def test_retry_after_of_the_gallery_is_respected() -> None:
    _, delays = drive([Response(429, {"retry-after": "7"}, b""), OK])

    assert delays == [7]


def test_date_in_retry_after_is_ignored() -> None:
    _, [delay] = drive([Response(503, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, b""), OK])

    assert delay <= 0.5


def test_call_gives_up_after_its_period() -> None:
    with pytest.raises(UnavailableError, match="No response from http://gallery: refused"):
        drive([NoResponse("refused")] * 9, Retries(request_seconds=0))
    drive([NoResponse("refused"), OK], Retries(request_seconds=0), is_patient=True)


def test_response_of_another_server_is_reported() -> None:
    with pytest.raises(GalleryError, match="not that of a gallery"):
        drive([Response(200, {}, b"<html>Welcome</html>")])


def test_repetition_of_an_upload_has_the_same_idempotency_key() -> None:
    caller = Caller("http://gallery", Retries())
    flow = caller.call(create_job([Path("a.jpg")], idempotency_key="k"))
    first = next(flow)
    flow.send(NoResponse("reset"))
    again = flow.send(None)

    assert first == again


def test_group_limits_files_and_bytes() -> None:
    files = [LocalFile(Path(str(size)), size=size) for size in (1, 1, 1, 9, 1)]
    groups = [[file.size for file in each] for each in group(files, max_files=2, max_bytes=5)]

    assert groups == [[1, 1], [1], [9], [1]]
