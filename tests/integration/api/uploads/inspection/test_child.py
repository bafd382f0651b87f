"""Measuring in a child process: dimensions, limits, and replacement of the child."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO

import psutil
import pytest
from PIL import ImageFile

from api.uploads.inspection.child import measure
from api.uploads.inspection.pool import InspectorPool
from core.errors import FileRejectedError
from core.media_types import SNIFFED_BYTES, sniff
from tests.support.hostile_headers import HOSTILE
from tests.support.images import encode, make_image

KINDS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "TIFF", "BMP")


@pytest.fixture
def pool() -> Iterator[InspectorPool]:
    pool = InspectorPool(children=1)
    yield pool
    pool.close()


def measure_in(pool: InspectorPool, data: bytes) -> tuple[int, int]:
    media_type = sniff(data[:SNIFFED_BYTES])
    assert media_type
    return pool.measure(BytesIO(data), len(data), media_type)


def newest_child() -> psutil.Process:
    """Return the child of the pool under test. Other tests may have started some before."""
    children = [
        each
        for each in psutil.Process().children()
        if "api.uploads.inspection.child" in each.cmdline()
    ]
    return max(children, key=lambda child: (child.create_time(), child.pid))


def test_one_child_measures_every_format(pool: InspectorPool) -> None:
    small = [measure_in(pool, encode(make_image(size=(64, 48)), kind)) for kind in KINDS]
    child = newest_child()
    # The scanner measures WebP: libwebp would allocate the canvas.
    large = [
        measure_in(pool, encode(make_image(size=(4000, 3000)), kind))
        for kind in KINDS
        if kind != "WEBP"
    ]

    assert small == [(64, 48)] * len(KINDS)
    assert large == [(4000, 3000)] * (len(KINDS) - 1)
    assert newest_child() == child


@pytest.mark.parametrize("kind", KINDS)
def test_child_decodes_no_pixels(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(make_image(size=(64, 48)), kind)
    decoded: list[object] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    measure(BytesIO(data), sniff(data[:SNIFFED_BYTES]) or "")

    assert decoded == []


@pytest.mark.parametrize("name", HOSTILE)
def test_child_ends_at_its_limits_and_the_next_file_gets_a_new_one(
    name: str, pool: InspectorPool
) -> None:
    with pytest.raises(FileRejectedError, match=r"too much time or memory"):
        measure_in(pool, HOSTILE[name]())

    assert measure_in(pool, encode(make_image(), "GIF")) == (320, 240)


def test_file_is_not_rejected_because_an_idle_child_ended(pool: InspectorPool) -> None:
    data = encode(make_image(), "GIF")
    measure_in(pool, data)
    child = newest_child()
    child.send_signal(signal.SIGKILL)
    child.wait(5)

    assert measure_in(pool, data) == (320, 240)


def test_child_receives_no_settings(pool: InspectorPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_WEBHOOK_SECRET", "secret")
    measure_in(pool, encode(make_image(), "GIF"))

    environment = newest_child().environ()
    assert not [name for name in environment if name.startswith("GALLERY_")]
    assert "secret" not in environment.values()


def test_child_ends_when_its_input_ends() -> None:
    arguments = [sys.executable, "-m", "api.uploads.inspection.child"]
    ended = subprocess.run(
        arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )

    assert ended.returncode == 0
