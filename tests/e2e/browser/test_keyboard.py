"""Everything can be done from the keyboard, and one always sees where one is."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.browser.actions import focused
from tests.e2e.browser.sample_gallery import SampleGallery


def focus_is_visible(page: Page) -> bool:
    """Whether what has the focus is drawn differently for it."""
    return bool(
        page.evaluate(
            """() => {
                const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
                return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
            }"""
        )
    )


def tab_to(page: Page, name: str, *, most: int = 40) -> None:
    """Press Tab until this has the focus, which must be seen at every step."""
    for _ in range(most):
        page.keyboard.press("Tab")
        assert focus_is_visible(page), focused(page)
        if focused(page) == name:
            return
    raise AssertionError(f"{name!r} is not reached by {most} tabs")


def test_a_tour_from_upload_to_export_needs_no_mouse(
    visitor: Page, sample_gallery: SampleGallery, tmp_path: Path
) -> None:
    page = visitor
    done = [str(i["name"]) for i in sample_gallery.images() if i["status"] == "done"]
    page.goto("/")
    expect(page.get_by_role("button", name="Choose pictures")).to_be_visible()
    tab_to(page, "Gallery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gallery", exact=True)).to_be_visible()

    expect(page.get_by_role("button", name=f"Open {done[0]}")).to_be_visible()
    newest = page.get_by_role("article").first.get_by_role("button").first
    tab_to(page, str(newest.get_attribute("aria-label")))
    while focused(page) != f"Open {done[0]}":
        before = focused(page)
        page.keyboard.press("ArrowRight")
        page.wait_for_function("before => document.activeElement.ariaLabel !== before", arg=before)
    page.keyboard.press("Enter")
    details = page.get_by_role("complementary")
    expect(details.get_by_role("heading", name=done[0])).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(details.get_by_role("heading", name=done[1])).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".pswp")).to_have_count(0)
    expect(page.get_by_role("button", name=f"Open {done[1]}")).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search tags")).to_be_focused()
    page.keyboard.type(sample_gallery.commonest_tag())
    expect(page.locator("mark").first).to_be_visible()
    tab_to(page, "Download")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    path = tmp_path / "export.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == page.get_by_role("article").count()


def test_the_sheet_of_shortcuts_opens_and_gives_the_focus_back(visitor: Page) -> None:
    visitor.goto("/#/gallery")
    tab_to(visitor, "Search & Export")
    visitor.keyboard.press("?")
    sheet = visitor.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_text("Move to the trash")).to_be_visible()
    visitor.keyboard.press("Escape")

    expect(sheet).to_have_count(0)
    expect(visitor.get_by_role("link", name="Search & Export")).to_be_focused()


def test_single_letters_can_be_switched_off_for_good(visitor: Page) -> None:
    visitor.goto("/#/gallery")
    visitor.get_by_role("button", name="Keyboard shortcuts").click()
    sheet = visitor.get_by_role("dialog", name="Keyboard shortcuts")
    sheet.get_by_role("checkbox", name="Single letters do something").uncheck()
    expect(sheet.get_by_text("Move to the trash")).to_be_visible()
    expect(sheet.get_by_text("Change the theme")).to_have_count(0)
    visitor.keyboard.press("Escape")

    for _ in range(2):
        expect(visitor.get_by_role("article").first).to_be_visible()
        for letter in "us?tx":
            visitor.keyboard.press(letter)
        expect(visitor).to_have_url(re.compile("#/gallery$"))
        expect(sheet).to_have_count(0)
        visitor.reload()


def test_the_browsers_way_back_from_a_picture_leads_to_it(visitor: Page) -> None:
    visitor.goto("/#/gallery")
    visitor.get_by_role("button", name="Open picture-12.jpg").click()
    shown = visitor.get_by_role("complementary").get_by_role("heading").first
    expect(shown).to_have_text("picture-12.jpg")
    visitor.keyboard.press("ArrowRight")
    expect(shown).not_to_have_text("picture-12.jpg")
    name = shown.inner_text()
    visitor.go_back()

    expect(visitor.locator(".pswp")).to_have_count(0)
    expect(visitor.get_by_role("button", name=f"Open {name}")).to_be_focused()


def test_a_link_followed_the_moment_a_picture_closes_is_followed(visitor: Page) -> None:
    visitor.goto("/#/gallery")
    visitor.get_by_role("button", name="Open picture-12.jpg").click()
    expect(visitor.get_by_role("complementary")).to_be_visible()
    visitor.evaluate(
        """() => new MutationObserver((_, observer) => {
            if (document.querySelector('.pswp')) return;
            observer.disconnect();
            document.querySelector('nav a[href="#/search"]').click();
        }).observe(document.body, { childList: true })"""
    )
    visitor.keyboard.press("Escape")

    expect(visitor.get_by_role("heading", name="Search & Export")).to_be_visible()
    expect(visitor).to_have_url(re.compile(r"#/search$"))
    visitor.go_back()
    expect(visitor.get_by_role("heading", name="Gallery", exact=True)).to_be_visible()
    expect(visitor.locator(".pswp")).to_have_count(0)


def test_what_is_shown_is_exported_once_nothing_is_chosen(visitor: Page) -> None:
    visitor.goto("/#/search")
    visitor.get_by_role("article").first.get_by_role("button").first.focus()
    visitor.keyboard.press("x")
    scope = visitor.get_by_role("combobox", name="Export")
    scope.select_option("selected")
    expect(visitor.get_by_text(re.compile("^1 row,"))).to_be_visible()
    visitor.get_by_role("button", name="Clear selection").press("Enter")
    expect(scope).to_have_value("shown")
