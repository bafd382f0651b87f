"""A gallery of a million images can be scrolled to its end (P17)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.browser.sample_gallery import SampleGallery

TOTAL = 1_000_000
SETTLED_MS = 400


@pytest.fixture
def million_page(sample_page: Page, sample_gallery: SampleGallery) -> Iterator[Page]:
    """The gallery with a list of a million images; each is named by its index."""
    image = next(image for image in sample_gallery.images() if image["status"] == "done")

    def answer(route: Route) -> None:
        found = re.search(r"[?&]skip=(\d+)", route.request.url)
        skip = int(found[1]) if found else 0
        items = [
            image | {"id": f"{index:032x}", "name": f"image {index}"}
            for index in range(skip, min(TOTAL, skip + 60))
        ]
        page = {"items": items, "total": TOTAL, "total_is_exact": True, "next": None}
        route.fulfill(json=page | {"facets": None, "ranked": None})

    sample_page.route(re.compile(r"/api/v1/images\?"), answer)
    sample_page.goto("/#/gallery")
    expect(sample_page.get_by_role("heading", name="image 0", exact=True)).to_be_visible()
    yield sample_page
    sample_page.unroute_all(behavior="ignoreErrors")


def first_visible_card(page: Page) -> Locator:
    """Return the first card that lies completely below the header."""
    name = page.evaluate(
        """() => [...document.querySelectorAll('article')]
            .find((card) => card.getBoundingClientRect().top > 80).querySelector('h2').innerText"""
    )
    heading = page.get_by_role("heading", name=name, exact=True)
    return page.get_by_role("article").filter(has=heading)


def top_of(card: Locator) -> float:
    box = card.bounding_box()
    assert box is not None
    return box["y"]


def test_end_key_and_scrollbar_reach_every_part_of_a_million_images(million_page: Page) -> None:
    """P17: the browser clipped the list, so that images beyond some 300,000 were unreachable."""
    page = million_page
    page.get_by_role("article").first.get_by_role("button").first.focus()
    page.keyboard.press("End")
    last = page.get_by_role("heading", name=f"image {TOTAL - 1}", exact=True)
    expect(last).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(page.get_by_role("heading", name="image 0", exact=True)).to_be_in_viewport()

    page.evaluate("() => scrollTo(0, (document.documentElement.scrollHeight - innerHeight) / 2)")
    middle = page.get_by_role("heading", name=re.compile(r"^image (49|50)\d{4}$"))
    expect(middle.first).to_be_visible()


def test_wheel_moves_the_rows_by_its_pixels_in_the_middle_of_the_list(million_page: Page) -> None:
    page = million_page
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight / 3)")
    expect(page.get_by_role("heading", name=re.compile(r"^image 2\d{5}$")).first).to_be_visible()
    page.wait_for_timeout(SETTLED_MS)
    card = first_visible_card(page)
    before = top_of(card)
    page.mouse.move(600, 500)
    for _ in range(5):
        page.mouse.wheel(0, 60)
        page.wait_for_timeout(50)
    # When the wheel rests, the track is moved to where the position belongs; the rows stay.
    page.wait_for_timeout(SETTLED_MS)

    assert abs(before - 300 - top_of(card)) <= 2
