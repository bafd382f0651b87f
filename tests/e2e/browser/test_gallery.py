"""Looking: the pictures, their tags, what is like them, and taking them out."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.browser.actions import cards, open_view, swipe
from tests.e2e.browser.chromium import visit
from tests.e2e.browser.reverse_proxy import served_below
from tests.e2e.browser.sample_gallery import AGAIN, PICTURES, SampleGallery

PHONE = ViewportSize(width=390, height=844)


def test_the_newest_picture_comes_first_and_opens_to_five_tags(
    visitor: Page, sample_gallery: SampleGallery
) -> None:
    newest = sample_gallery.images()[0]
    visitor.goto("/#/gallery")
    expect(visitor.get_by_role("article").first).to_be_visible()
    assert cards(visitor) == [image["name"] for image in sample_gallery.images()]

    visitor.get_by_role("button", name=re.compile(f"All tags of {newest['name']}")).click()
    tags = visitor.get_by_role("group", name="All tags").get_by_role("listitem")
    expect(tags).to_have_count(5)
    for shown, predicted in zip(tags.all(), newest["predictions"], strict=True):
        expect(shown).to_contain_text(predicted["label"].replace("_", " "))
        bar = shown.get_by_role("progressbar")
        assert float(bar.get_attribute("value") or 0) == predicted["score"]


def test_what_looks_like_a_picture_is_beside_it(
    visitor: Page, sample_gallery: SampleGallery
) -> None:
    original = next(image for image in sample_gallery.images() if image["name"] == PICTURES[-1])
    visitor.goto(f"/#/gallery?image={original['id']}")
    alike = visitor.get_by_role("region", name="More like this").get_by_role("button")
    expect(alike.first).to_have_accessible_name(f"Open {AGAIN}, almost the same picture")

    alike.first.click()
    panel = visitor.get_by_role("complementary")
    expect(panel.get_by_role("heading", name=AGAIN)).to_be_visible()
    expect(alike.first).to_have_accessible_name(f"Open {PICTURES[-1]}, almost the same picture")
    visitor.go_back()
    expect(visitor.locator(".pswp")).to_have_count(0)


def test_a_finger_leafs_through_the_pictures(
    browser: Browser, sample_gallery: SampleGallery
) -> None:
    done = [image for image in sample_gallery.images() if image["status"] == "done"]
    options = {"viewport": PHONE, "is_mobile": True, "has_touch": True}
    with visit(browser, sample_gallery.url, reduced_motion="reduce", **options) as page:
        page.goto("/#/gallery")
        page.get_by_role("button", name=f"Open {done[0]['name']}", exact=True).tap()
        expect(page.locator(".pswp--ui-visible")).to_be_visible()  # it listens from here on
        swipe(page, (350, 400), (40, 400))
        expect(page).to_have_url(re.compile(f"image={done[1]['id']}"))
        page.get_by_role("button", name="Details", exact=True).tap()
        heading = page.get_by_role("complementary").get_by_role("heading").first
        expect(heading).to_have_text(done[1]["name"])


def test_a_card_says_in_words_how_sure_the_model_is(
    visitor: Page, sample_gallery: SampleGallery
) -> None:
    visitor.goto("/#/gallery")
    for image in sample_gallery.images()[:4]:
        score = image["predictions"][0]["score"]
        word = "sure" if score >= 0.8 else "likely" if score >= 0.5 else "unsure"
        card = visitor.get_by_role("article").filter(
            has=visitor.get_by_role("heading", name=image["name"], exact=True)
        )
        expect(card).to_contain_text(re.compile(rf"\d% {word}"))


def test_the_downloaded_csv_is_the_apis(
    visitor: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    visitor.goto("/#/search")
    with visitor.expect_download() as download:
        visitor.get_by_role("button", name="Download").click()
    path = tmp_path / "export.csv"
    download.value.save_as(path)

    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["ID"] for row in rows] == [image["id"] for image in sample_gallery.images()]
    for row, image in zip(rows, sample_gallery.images(), strict=True):
        ranked = [(row[f"Label {n}"], row[f"Score {n}"]) for n in range(1, 6) if row[f"Label {n}"]]
        assert ranked == [
            (each["label"], f"{each['score'] * 100:.2f}%") for each in image["predictions"]
        ]


def test_no_view_loads_anything_from_elsewhere(
    visitor: Page, sample_gallery: SampleGallery
) -> None:
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.goto("/")
    for name in ("Upload & Classify", "Gallery", "Search & Export"):
        open_view(visitor, name)
        visitor.wait_for_load_state("networkidle")
    visitor.goto("/docs")
    expect(visitor.get_by_text("/api/v1/jobs", exact=True).first).to_be_visible()

    assert len(asked) > len(sample_gallery.images())
    assert [
        url for url in asked if not url.startswith((sample_gallery.url, "data:", "blob:"))
    ] == []


def test_the_gallery_works_below_a_path(browser: Browser, sample_gallery: SampleGallery) -> None:
    with (
        served_below("/house/pictures/", sample_gallery.url) as url,
        visit(browser, url, reduced_motion="reduce") as page,
    ):
        page.goto(url)
        open_view(page, "Gallery")
        page.wait_for_function(
            "count => [...document.images].filter((one) => one.naturalWidth > 30).length >= count",
            arg=4,
        )
        page.get_by_role("button", name=f"Open {PICTURES[-1]}").click()
        expect(page.get_by_role("complementary").get_by_role("heading").first).to_be_visible()
        page.keyboard.press("Escape")
        open_view(page, "Search & Export")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert Path(download.value.path()).stat().st_size > 1000
