"""Search: the query is in the address, and the export contains the results shown."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, ViewportSize, expect

from tests.e2e.browser.actions import export_panel, image_names
from tests.e2e.browser.chromium import DESKTOP, PHONE, open_page
from tests.e2e.browser.sample_gallery import SampleGallery

SLIDER = "Minimum confidence"

# Scores below this are weak matches of words, which the page folds.
WEAK = 0.1


def expect_results(page: Page, count: int) -> None:
    """Wait until the page shows `count` results and offers to export as many."""
    noun = "image" if count == 1 else "images"
    expect(page.get_by_text(f"{count} {noun} found", exact=True)).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(count)
    option = export_scope(page).locator("option").first
    expect(option).to_have_text(f"Current results ({count})")


def export_scope(page: Page) -> Locator:
    """Return the select element of the images to export."""
    return export_panel(page).get_by_role("combobox").nth(0)


def export_format(page: Page) -> Locator:
    """Return the select element of the file format."""
    return export_panel(page).get_by_role("combobox").nth(1)


def download_export(page: Page) -> Download:
    """Click the download button and return the download."""
    with page.expect_download() as download:
        export_panel(page).get_by_role("button", name="Download").click()
    return download.value


def exported_names(page: Page, folder: Path) -> list[str]:
    """Download the export as `export.csv` to a folder and return the image names in it."""
    path = folder / "export.csv"
    download_export(page).save_as(path)
    with path.open(newline="") as file:
        return [row["Name"] for row in csv.DictReader(file)]


def find_images(gallery: SampleGallery, **query: object) -> list[dict[str, Any]]:
    """Return the images that the API finds for query parameters."""
    items: list[dict[str, Any]] = gallery.stack.get("/api/v1/images", **query)["items"]
    return items


def two_thresholds(gallery: SampleGallery, tag: str) -> tuple[int, int]:
    """Return two slider percentages with different numbers of results for the tag."""
    total = len(find_images(gallery, q=tag, min_score=WEAK))
    steps = range(5, 100, 5)
    counts = {
        percent: len(find_images(gallery, q=tag, min_score=percent / 100)) for percent in steps
    }
    return 0, next(percent for percent, count in counts.items() if 0 < count < total)


def test_query_is_in_the_address_and_survives_reload_and_back(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    tag = sample_gallery.most_common_tag()
    names = [
        str(image["name"])
        for image in find_images(sample_gallery, q=tag, sort="match", min_score=WEAK)
    ]
    box = sample_page.get_by_role("combobox", name="Search tags")
    sample_page.goto("/#/search")
    box.fill(tag)
    expect_results(sample_page, len(names))
    assert image_names(sample_page) == names

    sample_page.reload()
    expect(box).to_have_value(tag)
    expect_results(sample_page, len(names))

    sample_page.go_back()
    expect(box).to_have_value("")
    expect(sample_page.get_by_text("images in your gallery")).to_be_visible()
    sample_page.go_forward()
    expect_results(sample_page, len(names))


def test_invalid_query_shows_the_position_of_the_error(sample_page: Page) -> None:
    sample_page.goto("/#/search")
    box = sample_page.get_by_role("combobox", name="Search tags")
    box.fill("dog score:>=lots")
    title = sample_page.get_by_role("heading", name="Check your search")
    expect(title).to_be_visible()
    expect(sample_page.get_by_text(re.compile("character 5", re.IGNORECASE))).to_be_visible()
    box.fill("")
    expect(sample_page.get_by_text("images in your gallery")).to_be_visible()
    expect(title).to_have_count(0)


def test_confidence_slider_changes_results_count_and_export(
    sample_page: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    tag = sample_gallery.most_common_tag()
    sample_page.goto(f"/#/search?q={tag}")
    for percent in two_thresholds(sample_gallery, tag):
        found = find_images(sample_gallery, q=tag, min_score=percent / 100 or WEAK)
        names = sorted(str(image["name"]) for image in found)
        sample_page.get_by_role("slider", name=SLIDER).fill(str(percent))
        label = f"Confidence ≥ {percent} %" if percent else "Any confidence"
        expect(sample_page.get_by_text(label, exact=True)).to_be_visible()
        expect_results(sample_page, len(names))
        assert sorted(image_names(sample_page)) == names
        assert sorted(exported_names(sample_page, tmp_path)) == names
        expect(sample_page).to_have_url(re.compile(rf"min={percent}" if percent else r"q=\w+$"))


def chips(page: Page) -> Locator:
    """Return the tags that narrow the search."""
    return page.get_by_role("list", name="Most frequent tags").get_by_role("button")


def narrowing_facets(gallery: SampleGallery, **query: object) -> dict[str, int]:
    """Return the counts of the tags that between 2 % and 90 % of the results have."""
    page = gallery.stack.get("/api/v1/images", facets=100, limit=1, **query)
    shares = {each["label"]: each["count"] / page["total"] for each in page["facets"]["items"]}
    counts = {each["label"]: each["count"] for each in page["facets"]["items"]}
    return {tag: counts[tag] for tag, share in shares.items() if 0.02 <= share <= 0.9}


def test_chip_narrows_the_search_and_widens_it_again(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    """P7: the chip "hunting dog 93" led to 95 images."""
    total = len(sample_gallery.images())
    facets = narrowing_facets(sample_gallery)
    sample_page.goto("/#/search")
    tag, shown = chips(sample_page).first.inner_text().rsplit(maxsplit=1)
    count = int(shown)
    assert facets[tag] == count
    chip = chips(sample_page).filter(has_text=re.compile(rf"^{tag} \d"))
    chip.click()
    expect_results(sample_page, count)
    expect(sample_page.get_by_role("button", name=f"Remove {tag}", exact=True)).to_be_visible()
    expect(chip).to_have_attribute("aria-pressed", "true")

    chip.click()
    expect(sample_page.get_by_text(f"{total} images in your gallery")).to_be_visible()


def test_typed_tag_is_a_pressed_chip(sample_page: Page) -> None:
    """P8: with `dog` typed, its chip was not pressed and pressing it gave `dog "dog"`."""
    sample_page.goto("/#/search")
    tag = chips(sample_page).first.inner_text().rsplit(maxsplit=1)[0]
    box = sample_page.get_by_role("combobox", name="Search tags")
    box.fill(tag if " " not in tag else f'"{tag}"')
    box.blur()  # closes the suggestions
    pressed = chips(sample_page).and_(sample_page.locator("[aria-pressed=true]"))
    expect(pressed).to_have_text(re.compile(rf"^{tag}\s"))
    pressed.click()
    expect(box).to_have_value("")


def test_chips_narrow_the_results_and_more_shows_all(
    browser: Browser, sample_gallery: SampleGallery
) -> None:
    """P9: tags of all results came first, and the row was cut off without a hint."""
    facets = narrowing_facets(sample_gallery, min_score=0)
    with open_page(browser, sample_gallery.url, viewport=PHONE) as page:
        page.goto("/#/search")
        more = page.get_by_role("button", name=re.compile(r"^More \(\d+\)$"))
        expect(more).to_be_visible()
        before, hidden = chips(page).count(), int(re.sub(r"\D", "", more.inner_text()))
        more.click()
        expect(chips(page)).to_have_count(before + hidden)
        shown = [text.rsplit(maxsplit=1) for text in chips(page).all_inner_texts()]
        assert {tag: int(count) for tag, count in shown}.items() <= facets.items()


def test_confidence_slider_updates_facet_counts(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    counts = {
        percent: narrowing_facets(sample_gallery, min_score=percent / 100)
        for percent in range(10, 90, 10)
    }
    percent, facets = next((percent, facets) for percent, facets in counts.items() if facets)
    sample_page.goto(f"/#/search?min={percent}")
    expect(chips(sample_page).first).to_be_visible()
    shown = [text.rsplit(maxsplit=1) for text in chips(sample_page).all_inner_texts()]
    assert {tag: int(count) for tag, count in shown}.items() <= facets.items()


def test_search_bar_is_compact_and_stays_while_scrolling(
    browser: Browser, sample_gallery: SampleGallery
) -> None:
    """P13: the first result was 485 pixels down, and the search field scrolled away."""
    options = {"viewport": PHONE, "is_mobile": True, "has_touch": True}
    with open_page(browser, sample_gallery.url, **options) as page:
        page.goto("/#/search")
        box = page.get_by_role("article").first.bounding_box()
        assert box is not None
        assert box["y"] < 260
        page.mouse.wheel(0, 900)
        page.wait_for_function("() => scrollY > 500")
        expect(page.get_by_role("combobox", name="Search tags")).to_be_in_viewport()
        expect(page.get_by_role("combobox", name="Sort by")).to_be_in_viewport()
        expect(page.get_by_text("images in your gallery")).to_be_in_viewport()


def test_export_preview_shows_first_rows_and_estimated_size(
    sample_page: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    sample_page.goto("/#/search")
    expect(sample_page.get_by_role("article").first).to_be_visible()
    names = exported_names(sample_page, tmp_path)
    export_panel(sample_page).get_by_role("button", name="Preview").click()
    table = sample_page.get_by_role("region", name="Export preview")
    cells = table.get_by_role("row").locator("td:nth-child(2)")
    row_count = min(10, len(sample_gallery.images()))
    expect(cells).to_have_count(row_count)
    assert cells.all_inner_texts() == names[:row_count]

    text = sample_page.get_by_text(re.compile(r"rows, about [\d.]+ KB")).inner_text()
    estimate = float(re.findall(r"[\d.]+", text)[-1]) * 1000
    assert estimate == pytest.approx((tmp_path / "export.csv").stat().st_size, rel=0.2)


def test_selection_can_be_exported_alone(
    sample_page: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    sample_page.goto("/#/search")
    name = str(sample_gallery.images()[1]["name"])
    sample_page.get_by_role("checkbox", name=f"Select {name}").check()
    export_scope(sample_page).select_option("selected")

    assert exported_names(sample_page, tmp_path) == [name]


def test_every_export_format_can_be_downloaded(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    sample_page.goto(f"/#/search?q={sample_gallery.most_common_tag()}")
    formats = sample_gallery.stack.get("/api/v1/limits")["export_formats"]
    select = export_format(sample_page)
    expect(select.locator("option")).to_have_count(len(formats))

    for name in formats:
        select.select_option(name)
        file = download_export(sample_page)
        assert file.suggested_filename.endswith(f".{name}")
        assert Path(file.path()).stat().st_size > 0


def tokens(page: Page) -> list[str]:
    """Return the clauses that the search box shows as tokens."""
    return page.get_by_role("list", name="Search terms").get_by_role("button").all_inner_texts()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_filters_become_tokens_that_can_be_removed(
    browser: Browser, sample_gallery: SampleGallery, viewport: ViewportSize
) -> None:
    """P4: the fields of the search language could only be typed."""
    with open_page(browser, sample_gallery.url, viewport=viewport) as page:
        page.goto("/#/search?q=animal")
        expect(page.get_by_role("article").first).to_be_visible()
        page.get_by_role("button", name="Filters").click()
        dialog = page.get_by_role("dialog", name="Filters")
        dialog.get_by_label("File name").fill("*.jpg")
        dialog.get_by_label("Status").select_option("done")
        dialog.get_by_role("button", name="Show results").click()
        expect(dialog).to_have_count(0)
        assert tokens(page) == ["name: *.jpg", "status: done"]
        expect(page.get_by_role("combobox", name="Search tags")).to_have_value("animal")
        page.get_by_role("button", name="Remove status: done").click()
        expect(page).to_have_url(re.compile(r"q=name%3A\*.jpg\+animal"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hints_lead_on_when_nothing_is_found(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    """P4: a misspelled word and a bare file name found nothing, and nothing was offered."""
    name = str(sample_gallery.images()[0]["name"])
    box = sample_page.get_by_role("combobox", name="Search tags")
    sample_page.goto("/#/search?q=animla")
    sample_page.get_by_role("button", name="Did you mean “animal”?").click()
    expect(box).to_have_value("animal")
    expect(sample_page.get_by_role("article").first).to_be_visible()

    box.fill(name)
    box.press("Enter")
    sample_page.get_by_role("button", name="Search file names instead").click()
    expect(sample_page.get_by_role("heading", name=name)).to_be_visible()


def test_weak_matches_are_folded(sample_page: Page, sample_gallery: SampleGallery) -> None:
    labels = {
        str(each["label"]): each
        for image in sample_gallery.images()
        for each in image["predictions"]
        if each["score"] < WEAK
    }
    tag = next(iter(sorted(labels))).replace("_", " ")
    strong, every = (
        len(find_images(sample_gallery, q=f'"{tag}"', min_score=score)) for score in (WEAK, 0)
    )
    sample_page.goto(f"/#/search?q=%22{tag}%22")
    more = sample_page.get_by_role("button", name=f"Include weak matches ({every - strong})")
    more.click()
    expect_results(sample_page, every)
    sample_page.get_by_role("button", name="Hide weak matches").click()
    expect(more).to_be_visible()
