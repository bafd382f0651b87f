"""Functions that open each view of the page and wait until it is loaded."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.browser.actions import export_panel
from tests.e2e.browser.sample_gallery import SampleGallery

OpenView = Callable[[Page, SampleGallery], None]


def open_upload(page: Page, _: SampleGallery) -> None:
    """Open the start page."""
    page.goto("/")
    expect(page.get_by_role("heading", name="Recent uploads")).to_be_visible()


def open_job(page: Page, gallery: SampleGallery) -> None:
    """Open the upload of the sample images."""
    page.goto(f"/#/jobs/{gallery.job_id}")
    expect(page.get_by_role("article", name="broken.jpg")).to_be_visible()


def open_gallery(page: Page, _: SampleGallery) -> None:
    """Open the gallery."""
    page.goto("/#/gallery")
    expect(page.get_by_role("article").first).to_be_visible()


def open_card(page: Page, gallery: SampleGallery) -> None:
    """Open the gallery and show all tags of the first image."""
    open_gallery(page, gallery)
    page.get_by_role("button", name=re.compile("All tags of")).first.click()
    expect(page.get_by_role("group", name="All tags")).to_be_visible()


def open_selection(page: Page, gallery: SampleGallery) -> None:
    """Open the gallery and select the first image."""
    open_gallery(page, gallery)
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("toolbar", name="Selected images")).to_be_visible()


def open_lightbox(page: Page, gallery: SampleGallery) -> None:
    """Open an image in the lightbox with its details."""
    done = next(image for image in gallery.images() if image["status"] == "done")
    page.goto(f"/#/gallery?image={done['id']}")
    expect(page.locator(".pswp")).to_be_visible()
    panel = page.get_by_role("complementary")
    if panel.count() == 0:
        page.get_by_role("button", name="Details", exact=True).click()
    expect(panel.get_by_role("region", name="More like this")).to_be_attached()


def open_search(page: Page, gallery: SampleGallery) -> None:
    """Search for the most common tag and show the export preview."""
    page.goto(f"/#/search?q={gallery.most_common_tag()}")
    expect(page.locator("mark").first).to_be_visible()
    export_panel(page).get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Export preview")).to_be_visible()


def open_empty_search(page: Page, _: SampleGallery) -> None:
    """Open a search without results."""
    page.goto("/#/search?q=zzzz")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()


def open_problems(page: Page, _: SampleGallery) -> None:
    """Open the problems, which have one damaged image."""
    page.goto("/#/problems")
    expect(page.get_by_role("article", name="broken.jpg")).to_be_visible()


def open_trash(page: Page, _: SampleGallery) -> None:
    """Open the trash, which has one image."""
    page.goto("/#/trash")
    expect(page.get_by_role("article")).to_have_count(1)


def open_settings(page: Page, _: SampleGallery) -> None:
    """Open the settings of a gallery without keys."""
    page.goto("/#/settings")
    expect(page.get_by_role("button", name="Create key")).to_be_visible()


def open_new_key(page: Page, gallery: SampleGallery) -> None:
    """Open the settings and the dialog that creates a key."""
    open_settings(page, gallery)
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("dialog", name="Create key")).to_be_visible()


def open_dialog(page: Page, gallery: SampleGallery) -> None:
    """Open the gallery and the dialog that confirms clearing it."""
    open_gallery(page, gallery)
    page.get_by_role("button", name="Clear gallery").click()
    expect(page.get_by_role("dialog")).to_be_visible()


VIEWS: dict[str, OpenView] = {
    "upload": open_upload,
    "job": open_job,
    "gallery": open_gallery,
    "card": open_card,
    "selection": open_selection,
    "lightbox": open_lightbox,
    "search": open_search,
    "nothing-found": open_empty_search,
    "problems": open_problems,
    "trash": open_trash,
    "settings": open_settings,
    "new-key": open_new_key,
    "dialog": open_dialog,
}
