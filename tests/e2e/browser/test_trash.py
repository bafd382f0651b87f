"""Moving images to trash, undo, restore, and emptying the trash."""

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.actions import image_button, image_names
from tests.support.images import jpeg
from tests.support.processes import Stack

NAMES = ("lake.jpg", "street.jpg", "table.jpg", "window.jpg")
NEWEST_FIRST = list(NAMES)[::-1]


@pytest.fixture(autouse=True)
def _images(page: Page, stack: Stack) -> None:
    stack.post_files(*((name, jpeg(seed)) for seed, name in enumerate(NAMES, start=1)))
    page.goto("/#/gallery")
    expect(page.get_by_role("article")).to_have_count(len(NAMES))


def count_images(stack: Stack, *, deleted: bool) -> int:
    """Return the number of images in the gallery, or in the trash."""
    return int(stack.get("/api/v1/images", deleted=deleted)["total"])


def expect_images(page: Page, names: Sequence[str]) -> None:
    """Wait until the page shows exactly these images in this order."""
    expect(page.get_by_role("article")).to_have_count(len(names))
    assert image_names(page) == list(names)


def test_selected_range_is_deleted_and_restored_by_undo(page: Page, stack: Stack) -> None:
    page.get_by_role("checkbox", name="Select window.jpg").check()
    page.get_by_role("checkbox", name="Select street.jpg").click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="Selected images")
    expect(bar.get_by_text("3 images selected")).to_be_visible()
    bar.get_by_role("button", name="Delete").click()
    expect_images(page, ["lake.jpg"])
    assert count_images(stack, deleted=True) == 3

    page.get_by_role("button", name="Undo").click()
    expect_images(page, NEWEST_FIRST)


def test_deleted_image_can_be_restored_from_trash(page: Page) -> None:
    page.get_by_role("button", name="Delete street.jpg").click()
    expect_images(page, [name for name in NEWEST_FIRST if name != "street.jpg"])
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Restore street.jpg").click()
    expect(page.get_by_role("heading", name="Trash is empty")).to_be_visible()

    page.go_back()
    expect_images(page, NEWEST_FIRST)


def test_held_delete_key_deletes_one_image(page: Page, stack: Stack) -> None:
    image_button(page, "street.jpg").focus()
    page.keyboard.down("Delete")
    expect_images(page, [name for name in NEWEST_FIRST if name != "street.jpg"])
    page.keyboard.down("Delete")
    page.keyboard.down("Delete")
    page.keyboard.up("Delete")
    page.wait_for_load_state("networkidle")
    assert count_images(stack, deleted=True) == 1


def test_delete_key_moves_selection_to_trash(page: Page, stack: Stack) -> None:
    """P6: the key did nothing with a selection."""
    page.get_by_role("checkbox", name="Select window.jpg").check()
    page.get_by_role("checkbox", name="Select lake.jpg").check()
    page.keyboard.press("Delete")
    expect_images(page, ["table.jpg", "street.jpg"])
    assert count_images(stack, deleted=True) == 2


def test_delete_key_in_lightbox_shows_the_next_image(page: Page, stack: Stack) -> None:
    """P6, P1: the key did nothing; the button reopened the lightbox on the trashed image."""
    image_button(page, "table.jpg").click()
    heading = page.get_by_role("complementary").get_by_role("heading").first
    expect(heading).to_have_text("table.jpg")
    page.keyboard.press("Delete")
    expect(heading).to_have_text("street.jpg")
    page.keyboard.press("Delete")
    expect(heading).to_have_text("lake.jpg")
    expect(page.locator(".pswp__counter")).to_have_text("2 / 2")
    page.keyboard.press("Delete")
    expect(heading).to_have_text("window.jpg")
    page.keyboard.press("Escape")
    expect_images(page, ["window.jpg"])
    assert count_images(stack, deleted=True) == 3


def test_undo_after_restoring_says_so(page: Page) -> None:
    """P16: the message was "0 images restored."."""
    page.get_by_role("button", name="Delete street.jpg").click()
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Restore street.jpg").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Already restored.")).to_be_visible()


def test_focus_stays_on_image_when_new_images_arrive(page: Page, stack: Stack) -> None:
    image_button(page, "street.jpg").focus()
    stack.post_files(("tree.jpg", jpeg(9)))
    expect_images(page, ["tree.jpg", *NEWEST_FIRST])
    expect(image_button(page, "street.jpg")).to_be_focused()


def test_clearing_gallery_clears_selection(page: Page) -> None:
    page.get_by_role("checkbox", name="Select lake.jpg").check()
    page.get_by_role("button", name="Clear gallery").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear gallery").click()
    expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
    expect(page.get_by_role("toolbar", name="Selected images")).to_have_count(0)


def test_clearing_gallery_and_emptying_trash_require_confirmation(page: Page, stack: Stack) -> None:
    page.get_by_role("button", name="Clear gallery").click()
    dialog = page.get_by_role("dialog", name="Clear gallery?")
    dialog.get_by_role("button", name="Cancel").click()
    assert count_images(stack, deleted=False) == len(NAMES)
    page.get_by_role("button", name="Clear gallery").click()
    dialog.get_by_role("button", name="Clear gallery").click()
    expect(page.get_by_role("heading", name="No images yet")).to_be_visible()

    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Empty trash").click()
    assert count_images(stack, deleted=True) == len(NAMES)
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Empty")).click()
    expect(page.get_by_role("heading", name="Trash is empty")).to_be_visible()
    assert count_images(stack, deleted=True) == 0
