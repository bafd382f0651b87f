"""Malformed and ordinary files: each is classified or refused, and the process survives."""

import sysconfig
from pathlib import Path

import pytest

from core.media_types import SNIFFED_BYTES, sniff
from tests.fuzz.judge import MEMORY, SECONDS, judge_all
from tests.support.malformed_files import malformed_files

REASONS = {
    "tags", "empty", "unsupported_type", "too_many_pixels", "unreadable", "truncated",
    "out_of_memory", "too_many_bytes",
}  # fmt: skip


@pytest.fixture(scope="module")
def malformed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("malformed")
    for name, data in malformed_files():
        (folder / name.replace("/", " ")).write_bytes(data)
    return sorted(folder.iterdir())


def test_every_malformed_file_is_classified_or_refused(malformed: list[Path]) -> None:
    verdicts = {Path(each.name).name: each for each in judge_all(malformed)}

    assert len(verdicts) == len(malformed) > 100
    assert {each.outcome for each in verdicts.values()} <= REASONS
    assert max(each.seconds for each in verdicts.values()) < SECONDS
    assert max(each.peak_bytes for each in verdicts.values()) < MEMORY
    good = {name for name, each in verdicts.items() if each.outcome == "tags"}
    assert {name for name in verdicts if name.startswith("mode")} <= good
    assert {"1 by 1.jpeg", "1 by 65500.png", "script at the end.jpg", "2000 frames.gif"} <= good
    assert not good & {"html.jpg", "svg.png", "pdf.jpg", "noise.jpg", "65500 squared.jpg"}
    for kind in ("png", "jpeg", "webp", "avif", "heif"):
        assert verdicts[f"50 percent.{kind}"].outcome in ("truncated", "unreadable"), kind


def test_outcomes_are_reproducible(malformed: list[Path]) -> None:
    some = malformed[::7]
    assert [e.outcome for e in judge_all(some)] == [e.outcome for e in judge_all(some)]


def find_images(folder: Path) -> list[Path]:
    """Return every file whose content has a supported media type, up to 20 MiB."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and 0 < path.stat().st_size < 20 << 20:
            with path.open("rb") as file:
                if sniff(file.read(SNIFFED_BYTES)):
                    found.append(path)
    return sorted(found)


def test_image_files_of_installed_packages_are_classified_or_refused() -> None:
    files = find_images(Path(sysconfig.get_paths()["purelib"]))
    verdicts = judge_all(files)

    assert len(verdicts) == len(files) > 0
    assert {each.outcome for each in verdicts} <= REASONS
