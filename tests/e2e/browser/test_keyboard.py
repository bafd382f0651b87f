"""Keyboard operation: focus, shortcuts and history."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.browser.actions import export_panel, focused_name, image_button
from tests.e2e.browser.sample_gallery import IMAGE_NAMES, SampleGallery

LAST_IMAGE = IMAGE_NAMES[-1]


def focus_is_visible(page: Page) -> bool:
    """Return whether the focused element has an outline of at least 2 pixels."""
    return bool(
        page.evaluate(
            """() => {
                const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
                return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
            }"""
        )
    )


def tab_to(page: Page, name: str, *, max_tabs: int = 40) -> None:
    """Press Tab until the element with this name is focused; each focus must be visible."""
    for _ in range(max_tabs):
        page.keyboard.press("Tab")
        assert focus_is_visible(page), focused_name(page)
        if focused_name(page) == name:
            return
    raise AssertionError(f"{name!r} is not focused after {max_tabs} tabs")


def test_gallery_search_and_export_work_without_mouse(
    sample_page: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    page = sample_page
    done = [str(i["name"]) for i in sample_gallery.images() if i["status"] == "done"]
    page.goto("/")
    expect(page.get_by_role("button", name="Browse images")).to_be_visible()
    tab_to(page, "Gallery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gallery", exact=True)).to_be_visible()

    expect(image_button(page, done[0])).to_be_visible()
    newest = page.get_by_role("article").first.get_by_role("button").first
    tab_to(page, str(newest.get_attribute("aria-label")))
    while not focused_name(page).endswith(f": {done[0]}"):
        before = focused_name(page)
        page.keyboard.press("ArrowRight")
        page.wait_for_function("before => document.activeElement.ariaLabel !== before", arg=before)
    page.keyboard.press("Enter")
    details = page.get_by_role("complementary")
    expect(details.get_by_role("heading", name=done[0])).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(details.get_by_role("heading", name=done[1])).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".pswp")).to_have_count(0)
    expect(image_button(page, done[1])).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search tags")).to_be_focused()
    page.keyboard.type(sample_gallery.most_common_tag())
    expect(page.locator("mark").first).to_be_visible()
    tab_to(page, "Export")
    page.keyboard.press("Enter")
    tab_to(page, "Download")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    path = tmp_path / "export.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == page.get_by_role("article").count()


def test_closing_shortcuts_dialog_restores_focus(sample_page: Page) -> None:
    sample_page.goto("/#/gallery")
    tab_to(sample_page, "Search & Export")
    sample_page.keyboard.press("?")
    dialog = sample_page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.get_by_text(re.compile("to trash$"))).to_be_visible()
    sample_page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(sample_page.get_by_role("link", name="Search & Export")).to_be_focused()


def test_disabled_letter_shortcuts_stay_disabled_after_reload(sample_page: Page) -> None:
    sample_page.goto("/#/gallery")
    sample_page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog = sample_page.get_by_role("dialog", name="Keyboard shortcuts")
    dialog.get_by_role("checkbox", name="Enable single-letter shortcuts").uncheck()
    expect(dialog.get_by_text(re.compile("to trash$"))).to_be_visible()
    expect(dialog.get_by_text("Change theme")).to_have_count(0)
    sample_page.keyboard.press("Escape")

    for _ in range(2):
        expect(sample_page.get_by_role("article").first).to_be_visible()
        for letter in "us?tx":
            sample_page.keyboard.press(letter)
        expect(sample_page).to_have_url(re.compile("#/gallery$"))
        expect(dialog).to_have_count(0)
        sample_page.reload()


def test_browser_back_from_lightbox_focuses_its_image(sample_page: Page) -> None:
    sample_page.goto("/#/gallery")
    image_button(sample_page, LAST_IMAGE).click()
    heading = sample_page.get_by_role("complementary").get_by_role("heading").first
    expect(heading).to_have_text(LAST_IMAGE)
    sample_page.keyboard.press("ArrowRight")
    expect(heading).not_to_have_text(LAST_IMAGE)
    name = heading.inner_text()
    sample_page.go_back()

    expect(sample_page.locator(".pswp")).to_have_count(0)
    expect(image_button(sample_page, name)).to_be_focused()


def test_link_clicked_while_lightbox_closes_is_followed(sample_page: Page) -> None:
    sample_page.goto("/#/gallery")
    image_button(sample_page, LAST_IMAGE).click()
    expect(sample_page.get_by_role("complementary")).to_be_visible()
    sample_page.evaluate(
        """() => new MutationObserver((_, observer) => {
            if (document.querySelector('.pswp')) return;
            observer.disconnect();
            document.querySelector('nav a[href="#/search"]').click();
        }).observe(document.body, { childList: true })"""
    )
    sample_page.keyboard.press("Escape")

    expect(sample_page.get_by_role("heading", name="Search & Export")).to_be_visible()
    expect(sample_page).to_have_url(re.compile(r"#/search$"))
    sample_page.go_back()
    expect(sample_page.get_by_role("heading", name="Gallery", exact=True)).to_be_visible()
    expect(sample_page.locator(".pswp")).to_have_count(0)


def test_clearing_selection_resets_export_to_current_results(sample_page: Page) -> None:
    sample_page.goto("/#/search")
    sample_page.get_by_role("article").first.get_by_role("button").first.focus()
    sample_page.keyboard.press("x")
    scope = export_panel(sample_page).get_by_role("combobox", name="Export")
    scope.select_option("selected")
    expect(sample_page.get_by_text(re.compile("^1 row,"))).to_be_visible()
    sample_page.get_by_role("button", name="Clear selection").press("Enter")
    expect(scope).to_have_value("shown")


def test_shortcut_sheet_opens_and_closes_above_the_lightbox(sample_page: Page) -> None:
    """P6: `?` did nothing in the lightbox."""
    sample_page.goto("/#/gallery")
    image_button(sample_page, LAST_IMAGE).click()
    expect(sample_page.get_by_role("complementary")).to_be_visible()
    sample_page.keyboard.press("?")
    dialog = sample_page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    sample_page.keyboard.press("ArrowRight")
    sample_page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    heading = sample_page.get_by_role("complementary").get_by_role("heading").first
    expect(heading).to_have_text(LAST_IMAGE)
