"""Every view of the page, and the way to it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.browser.sample_gallery import SampleGallery

Opening = Callable[[Page, SampleGallery], None]


def start(page: Page, _: SampleGallery) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Recent uploads")).to_be_visible()


def job(page: Page, gallery: SampleGallery) -> None:
    page.goto(f"/#/jobs/{gallery.job_id}")
    expect(page.get_by_role("article", name="broken.jpg")).to_be_visible()


def pictures(page: Page, _: SampleGallery) -> None:
    page.goto("/#/gallery")
    expect(page.get_by_role("article").first).to_be_visible()


def card(page: Page, gallery: SampleGallery) -> None:
    pictures(page, gallery)
    page.get_by_role("button", name=re.compile("All tags of")).first.click()
    expect(page.get_by_role("group", name="All tags")).to_be_visible()


def chosen(page: Page, gallery: SampleGallery) -> None:
    pictures(page, gallery)
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("toolbar", name="Selected pictures")).to_be_visible()


def lightbox(page: Page, gallery: SampleGallery) -> None:
    done = next(image for image in gallery.images() if image["status"] == "done")
    page.goto(f"/#/gallery?image={done['id']}")
    expect(page.locator(".pswp")).to_be_visible()
    panel = page.get_by_role("complementary")
    if panel.count() == 0:
        page.get_by_role("button", name="Details", exact=True).click()
    expect(panel.get_by_role("region", name="More like this")).to_be_attached()


def search(page: Page, gallery: SampleGallery) -> None:
    page.goto(f"/#/search?q={gallery.commonest_tag()}")
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Export preview")).to_be_visible()


def nothing_found(page: Page, _: SampleGallery) -> None:
    page.goto("/#/search?q=zzzz")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()


def trash(page: Page, _: SampleGallery) -> None:
    page.goto("/#/trash")
    expect(page.get_by_role("article")).to_have_count(1)


def question(page: Page, gallery: SampleGallery) -> None:
    pictures(page, gallery)
    page.get_by_role("button", name="Clear gallery").click()
    expect(page.get_by_role("dialog")).to_be_visible()


VIEWS: dict[str, Opening] = {
    "upload": start,
    "job": job,
    "gallery": pictures,
    "card": card,
    "selection": chosen,
    "lightbox": lightbox,
    "search": search,
    "nothing-found": nothing_found,
    "trash": trash,
    "dialog": question,
}
