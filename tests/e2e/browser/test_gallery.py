"""Gallery, lightbox and export: images, tags, similar images and downloads."""

import csv
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser.actions import export_panel, image_button, image_names, open_view, swipe
from tests.e2e.browser.chromium import PHONE, open_page
from tests.e2e.browser.reverse_proxy import served_below
from tests.e2e.browser.sample_gallery import IMAGE_NAMES, NEAR_DUPLICATE, SampleGallery


def test_newest_image_is_first_and_expands_to_five_tags(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    newest = sample_gallery.images()[0]
    sample_page.goto("/#/gallery")
    expect(sample_page.get_by_role("article").first).to_be_visible()
    assert image_names(sample_page) == [image["name"] for image in sample_gallery.images()]

    sample_page.get_by_role("button", name=re.compile(f"All tags of {newest['name']}")).click()
    tags = sample_page.get_by_role("group", name="All tags").get_by_role("listitem")
    expect(tags).to_have_count(5)
    for tag, prediction in zip(tags.all(), newest["predictions"], strict=True):
        expect(tag).to_contain_text(prediction["label"].replace("_", " "))
        bar = tag.get_by_role("progressbar")
        assert float(bar.get_attribute("value") or 0) == prediction["score"]


def test_lightbox_lists_near_duplicates_first(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    original = next(image for image in sample_gallery.images() if image["name"] == IMAGE_NAMES[-1])
    sample_page.goto(f"/#/gallery?image={original['id']}")
    similar = sample_page.get_by_role("region", name="More like this").get_by_role("button")
    expect(similar.first).to_have_accessible_name(f"Open {NEAR_DUPLICATE}, near-duplicate")

    similar.first.click()
    panel = sample_page.get_by_role("complementary")
    expect(panel.get_by_role("heading", name=NEAR_DUPLICATE)).to_be_visible()
    expect(similar.first).to_have_accessible_name(f"Open {IMAGE_NAMES[-1]}, near-duplicate")
    sample_page.go_back()
    expect(panel.get_by_role("heading", name=IMAGE_NAMES[-1], exact=True)).to_be_visible()
    sample_page.keyboard.press("Escape")
    expect(sample_page.locator(".pswp")).to_have_count(0)


def test_similar_images_are_the_list_and_back_returns(sample_page: Page) -> None:
    """P11: "More like this" showed one image with dead arrows; Back closed the lightbox."""
    sample_page.goto("/#/gallery")
    image_button(sample_page, IMAGE_NAMES[-1]).click()
    panel = sample_page.get_by_role("complementary")
    similar = panel.get_by_role("region", name="More like this").get_by_role("button")
    similar.first.click()
    heading = panel.get_by_role("heading").first
    expect(heading).to_have_text(NEAR_DUPLICATE)
    expect(sample_page.locator(".pswp__counter")).to_have_text(re.compile(r"^1 / \d\d$"))
    sample_page.keyboard.press("ArrowRight")
    expect(heading).not_to_have_text(NEAR_DUPLICATE)

    panel.get_by_role("button", name="← Back").click()
    expect(heading).to_have_text(IMAGE_NAMES[-1])
    similar.first.click()
    expect(heading).to_have_text(NEAR_DUPLICATE)
    sample_page.keyboard.press("Escape")
    expect(sample_page.locator(".pswp")).to_have_count(0)
    expect(sample_page).to_have_url(re.compile("#/gallery$"))


def test_swipe_shows_the_next_image(browser: Browser, sample_gallery: SampleGallery) -> None:
    done = [image for image in sample_gallery.images() if image["status"] == "done"]
    options = {"viewport": PHONE, "is_mobile": True, "has_touch": True}
    with open_page(browser, sample_gallery.url, reduced_motion="reduce", **options) as page:
        page.goto("/#/gallery")
        image_button(page, str(done[0]["name"])).tap()
        # The viewer handles gestures once its controls are visible.
        expect(page.locator(".pswp--ui-visible")).to_be_visible()
        swipe(page, (350, 400), (40, 400))
        expect(page).to_have_url(re.compile(f"image={done[1]['id']}"))
        page.get_by_role("button", name="Details", exact=True).tap()
        heading = page.get_by_role("complementary").get_by_role("heading").first
        expect(heading).to_have_text(done[1]["name"])


def expected_headline(image: dict[str, Any]) -> tuple[str, float]:
    """Return the text and score of the statement that the scores of an image support."""
    best = image["predictions"][0]
    label, score = best["label"].replace("_", " "), float(best["score"])
    if score >= 0.5:
        return label, score
    likely = [each for each in image["categories"] if each["score"] >= 0.6]
    if likely:
        return f"{likely[-1]['label']} · maybe {label}", float(likely[-1]["score"])
    return f"Not sure: {label}?", score


def test_card_states_what_the_scores_support(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    sample_page.goto("/#/gallery")
    for image in sample_gallery.images()[:4]:
        text, score = expected_headline(image)
        level = "High" if score >= 0.8 else "Medium" if score >= 0.5 else "Low"
        card = sample_page.get_by_role("article").filter(
            has=sample_page.get_by_role("heading", name=image["name"], exact=True)
        )
        expect(card).to_contain_text(text)
        expect(card).to_contain_text(re.compile(rf"{level} · <?\d+\s%"))


def test_downloaded_csv_equals_api_data(
    sample_page: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    sample_page.goto("/#/search")
    with sample_page.expect_download() as download:
        export_panel(sample_page).get_by_role("button", name="Download").click()
    path = tmp_path / "export.csv"
    download.value.save_as(path)

    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["ID"] for row in rows] == [image["id"] for image in sample_gallery.images()]
    for row, image in zip(rows, sample_gallery.images(), strict=True):
        tags = [(row[f"Label {n}"], row[f"Score {n}"]) for n in range(1, 6) if row[f"Label {n}"]]
        assert tags == [
            (each["label"], f"{each['score'] * 100:.2f}%") for each in image["predictions"]
        ]


def test_views_load_nothing_from_other_origins(
    sample_page: Page, sample_gallery: SampleGallery
) -> None:
    urls: list[str] = []
    sample_page.on("request", lambda request: urls.append(request.url))
    sample_page.goto("/")
    for name in ("Upload & Classify", "Gallery", "Search & Export"):
        open_view(sample_page, name)
        sample_page.wait_for_load_state("networkidle")
    sample_page.goto("/docs")
    expect(sample_page.get_by_text("/api/v1/jobs", exact=True).first).to_be_visible()

    assert len(urls) > len(sample_gallery.images())
    assert [url for url in urls if not url.startswith((sample_gallery.url, "data:", "blob:"))] == []


def test_gallery_works_below_a_path(browser: Browser, sample_gallery: SampleGallery) -> None:
    with (
        served_below("/apps/gallery/", sample_gallery.url) as url,
        open_page(browser, url, reduced_motion="reduce") as page,
    ):
        page.goto(url)
        open_view(page, "Gallery")
        page.wait_for_function(
            "count => [...document.images].filter((one) => one.naturalWidth > 30).length >= count",
            arg=4,
        )
        image_button(page, IMAGE_NAMES[-1]).click()
        expect(page.get_by_role("complementary").get_by_role("heading").first).to_be_visible()
        page.keyboard.press("Escape")
        open_view(page, "Search & Export")
        with page.expect_download() as download:
            export_panel(page).get_by_role("button", name="Download").click()
        assert Path(download.value.path()).stat().st_size > 1000
