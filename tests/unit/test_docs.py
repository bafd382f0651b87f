"""The documentation refers to existing files, settings and metrics."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.settings import Settings
from tests.support.paths import ROOT

README = ROOT / "README.md"
ARCHITECTURE = ROOT / "docs" / "explanation" / "architecture.md"
METRICS = ROOT / "docs" / "reference" / "metrics.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]

# Links and images: `[text](target)`, `![text](target)`.
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def relative_links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links within the repository."""
    for target in _LINK.findall(_CODE_BLOCK.sub("", page.read_text())):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def anchor(heading: str) -> str:
    """Return the fragment under which GitHub links to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Return the fragments of all headings of a page."""
    return {anchor(heading) for heading in _HEADING.findall(_CODE_BLOCK.sub("", page.read_text()))}


def table_rows(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its two header lines."""
    _, _, section = page.read_text().partition(f"\n## {heading}\n")
    lines = re.findall(r"^\| (.*) \|$", section.partition("\n## ")[0], re.MULTILINE)
    return [line.split(" | ") for line in lines[2:]]


def code_metrics() -> set[str]:
    """Return the names of all `gallery_*` metrics in the modules that use prometheus_client."""
    sources = [path.read_text() for path in (ROOT / "api").rglob("*.py")]
    return {
        name
        for source in sources
        if "prometheus_client" in source
        for name in re.findall(r'"(gallery_\w+)"', source)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_point_to_existing_files_and_headings(page: Path) -> None:
    broken = []
    for target in relative_links(page):
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (fragment and fragment not in anchors(file)):
            broken.append(target)

    assert broken == []


def test_every_page_is_linked_from_the_readme_or_another_page() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in relative_links(page)
    }
    decisions = ROOT / "docs" / "decisions"

    assert [
        page.name for page in PAGES[1:] if page not in linked and page.parent != decisions
    ] == []


def test_where_to_look_names_one_existing_file_for_each_question() -> None:
    rows = table_rows(ARCHITECTURE, "Where to look")

    assert len(rows) >= 20
    assert [cell for _, cell in rows if not (ROOT / cell.strip("`")).is_file()] == []


def test_files_named_in_the_architecture_exist() -> None:
    packages = "api|cli|client|core|infra|tests|web|worker"
    named = re.findall(rf"`((?:{packages})/[\w./-]+)`", ARCHITECTURE.read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_settings_table(name: str) -> None:
    names = [cells[0] for cells in table_rows(README, "Settings")]

    assert names.count(f"`GALLERY_{name.upper()}`") == 1


def test_the_settings_table_names_existing_settings_only() -> None:
    names = [cells[0].strip("`") for cells in table_rows(README, "Settings")]

    assert {name.removeprefix("GALLERY_").lower() for name in names} == set(Settings.model_fields)


def test_metrics_page_and_code_name_the_same_metrics() -> None:
    documented = set(re.findall(r"^\| `(gallery_\w+)` \|", METRICS.read_text(), re.MULTILINE))

    assert documented == code_metrics()


def test_files_named_in_the_contributing_guide_exist() -> None:
    packages = "api|docs|infra|tests|web"
    named = re.findall(rf"`((?:{packages})/[\w./-]+)`", (ROOT / "CONTRIBUTING.md").read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []
