"""Searching: the state is in the address, and what is shown is what is taken out."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from tests.e2e.browser.actions import cards
from tests.e2e.browser.sample_gallery import SampleGallery

SLIDER = "Minimum confidence"


def found(page: Page, count: int) -> None:
    """Wait until this many pictures are shown, counted and about to be exported."""
    noun = "picture" if count == 1 else "pictures"
    expect(page.get_by_text(f"{count} {noun} found", exact=True)).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(count)
    shown = scope(page).locator("option").first
    expect(shown).to_have_text(f"What is shown ({count})")


def scope(page: Page) -> Locator:
    """Where one says which pictures to export."""
    return page.get_by_role("region", name="Export", exact=True).get_by_role("combobox").nth(0)


def file_format(page: Page) -> Locator:
    return page.get_by_role("region", name="Export", exact=True).get_by_role("combobox").nth(1)


def download(page: Page) -> Download:
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    return started.value


def in_csv(page: Page, folder: Path) -> list[str]:
    """The names of the pictures in the file that the button gives."""
    path = folder / "export.csv"
    download(page).save_as(path)
    with path.open(newline="") as file:
        return [row["Name"] for row in csv.DictReader(file)]


def matching(gallery: SampleGallery, **what: object) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = gallery.stack.get("/api/v1/images", **what)["items"]
    return items


def two_thresholds(gallery: SampleGallery, tag: str) -> tuple[int, int]:
    """Percentages on the slider that leave different numbers of matches."""
    everything = len(matching(gallery, q=tag))
    steps = range(5, 100, 5)
    counts = {percent: len(matching(gallery, q=tag, min_score=percent / 100)) for percent in steps}
    return 0, next(percent for percent, count in counts.items() if 0 < count < everything)


def test_a_search_is_in_the_address_and_survives_reload_and_back(
    visitor: Page, sample_gallery: SampleGallery
) -> None:
    tag = sample_gallery.commonest_tag()
    names = [str(image["name"]) for image in matching(sample_gallery, q=tag, sort="match")]
    visitor.goto("/#/search")
    visitor.get_by_role("combobox", name="Search tags").fill(tag)
    found(visitor, len(names))
    assert cards(visitor) == names

    visitor.reload()
    expect(visitor.get_by_role("combobox", name="Search tags")).to_have_value(tag)
    found(visitor, len(names))

    visitor.go_back()
    expect(visitor.get_by_role("combobox", name="Search tags")).to_have_value("")
    expect(visitor.get_by_text("pictures in the gallery")).to_be_visible()
    visitor.go_forward()
    found(visitor, len(names))


def test_a_search_that_cannot_be_read_is_answered_with_the_place(visitor: Page) -> None:
    visitor.goto("/#/search")
    box = visitor.get_by_role("combobox", name="Search tags")
    box.fill("dog score:>=lots")
    expect(visitor.get_by_text("That cannot be searched for")).to_be_visible()
    expect(visitor.get_by_text("At character 5 of the search")).to_be_visible()
    box.fill("")
    expect(visitor.get_by_text("pictures in the gallery")).to_be_visible()
    expect(visitor.get_by_text("That cannot be searched for")).to_have_count(0)


def test_the_slider_changes_results_count_and_export_together(
    visitor: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    tag = sample_gallery.commonest_tag()
    visitor.goto(f"/#/search?q={tag}")
    for percent in two_thresholds(sample_gallery, tag):
        shown = [str(i["name"]) for i in matching(sample_gallery, q=tag, min_score=percent / 100)]
        visitor.get_by_role("slider", name=SLIDER).fill(str(percent))
        found(visitor, len(shown))
        assert sorted(cards(visitor)) == sorted(shown)
        assert sorted(in_csv(visitor, tmp_path)) == sorted(shown)
        expect(visitor).to_have_url(re.compile(rf"min={percent}" if percent else r"q=\w+$"))


def counted_word(gallery: SampleGallery) -> tuple[str, int]:
    """A frequent tag of one word, and its number: a part of another's word, if there is one.

    A word of its own in another tag ("clock" in "digital clock") finds that tag too.
    """
    page = gallery.stack.get("/api/v1/images", facets=20, limit=1)
    facets = {each["label"]: each["count"] for each in page["facets"]["items"]}
    labels = {each["label"] for each in gallery.stack.get("/api/v1/tags", limit=100)["items"]}
    within = {tag: [label for label in labels - {tag} if tag in label] for tag in facets}
    words = [
        tag
        for tag, count in facets.items()
        if " " not in tag
        and count < page["total"]
        and not any(tag in label.split() for label in within[tag])
    ]
    tag = max(words, key=lambda word: len(within[word]))
    return tag, facets[tag]


def test_the_counted_tags_narrow_a_search_and_widen_it_again(
    visitor: Page, sample_gallery: SampleGallery
) -> None:
    everything = len(sample_gallery.images())
    tag, number = counted_word(sample_gallery)
    chip = visitor.get_by_role("button", name=f"{tag} {number}", exact=True)
    visitor.goto("/#/search")
    chip.click()
    found(visitor, number)
    expect(visitor.get_by_role("combobox", name="Search tags")).to_have_value(f'"{tag}"')
    expect(chip).to_have_attribute("aria-pressed", "true")

    chip.click()
    expect(visitor.get_by_text(f"{everything} pictures in the gallery")).to_be_visible()


def test_the_slider_counts_the_tags_anew(visitor: Page, sample_gallery: SampleGallery) -> None:
    visitor.goto("/#/search?min=80")
    page = sample_gallery.stack.get("/api/v1/images", min_score=0.8, facets=20, limit=1)
    useful = [each for each in page["facets"]["items"] if each["count"] < page["total"]]
    tags = visitor.get_by_role("list", name="Most frequent tags").get_by_role("button")
    expect(tags).to_have_text([f"{each['label']} {each['count']}" for each in useful])


def test_a_preview_shows_the_first_rows_and_the_size(
    visitor: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    visitor.goto("/#/search")
    expect(visitor.get_by_role("article").first).to_be_visible()
    names = in_csv(visitor, tmp_path)
    visitor.get_by_role("button", name="Preview").click()
    table = visitor.get_by_role("region", name="Export preview")
    shown = table.get_by_role("row").locator("td:nth-child(2)").all_inner_texts()
    assert shown == names[: len(shown)]
    assert len(shown) == min(10, len(sample_gallery.images()))

    told = visitor.get_by_text(re.compile(r"rows, about [\d.]+ KB")).inner_text()
    estimate = float(re.findall(r"[\d.]+", told)[-1]) * 1000
    assert estimate == pytest.approx((tmp_path / "export.csv").stat().st_size, rel=0.2)


def test_the_selection_alone_can_be_taken_out(
    visitor: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    visitor.goto("/#/search")
    wanted = str(sample_gallery.images()[1]["name"])
    visitor.get_by_role("checkbox", name=f"Select {wanted}").check()
    scope(visitor).select_option("selected")

    assert in_csv(visitor, tmp_path) == [wanted]


def test_every_format_of_the_service_can_be_downloaded(
    visitor: Page, sample_gallery: SampleGallery
) -> None:
    visitor.goto(f"/#/search?q={sample_gallery.commonest_tag()}")
    formats = sample_gallery.stack.get("/api/v1/limits")["export_formats"]
    choice = file_format(visitor)
    expect(choice.locator("option")).to_have_count(len(formats))

    for name in formats:
        choice.select_option(name)
        file = download(visitor)
        assert file.suggested_filename.endswith(f".{name}")
        assert Path(file.path()).stat().st_size > 0
