"""Deleting: nothing is lost by a slip, and nothing for good without a question."""

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.actions import cards
from tests.support.images import jpeg
from tests.support.processes import Stack

NAMES = ("lake.jpg", "street.jpg", "table.jpg", "window.jpg")
NEWEST_FIRST = list(NAMES)[::-1]


@pytest.fixture(autouse=True)
def _pictures(page: Page, stack: Stack) -> None:
    stack.post_files(*((name, jpeg(seed)) for seed, name in enumerate(NAMES, start=1)))
    page.goto("/#/gallery")
    expect(page.get_by_role("article")).to_have_count(len(NAMES))


def total(stack: Stack, *, trash: bool) -> int:
    return int(stack.get("/api/v1/images", deleted=trash)["total"])


def shows(page: Page, names: Sequence[str]) -> None:
    expect(page.get_by_role("article")).to_have_count(len(names))
    assert cards(page) == list(names)


def test_a_range_is_chosen_with_shift_deleted_and_brought_back(page: Page, stack: Stack) -> None:
    page.get_by_role("checkbox", name="Select window.jpg").check()
    page.get_by_role("checkbox", name="Select street.jpg").click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="Selected pictures")
    expect(bar.get_by_text("3 pictures selected")).to_be_visible()
    bar.get_by_role("button", name="Delete").click()
    shows(page, ["lake.jpg"])
    assert total(stack, trash=True) == 3

    page.get_by_role("button", name="Undo").click()
    shows(page, NEWEST_FIRST)


def test_one_picture_is_deleted_and_restored_from_the_trash(page: Page) -> None:
    page.get_by_role("button", name="Delete street.jpg").click()
    shows(page, [name for name in NEWEST_FIRST if name != "street.jpg"])
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Restore street.jpg").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()

    page.go_back()
    shows(page, NEWEST_FIRST)


def test_a_key_held_down_deletes_one_picture(page: Page, stack: Stack) -> None:
    page.get_by_role("button", name="Open street.jpg").focus()
    page.keyboard.down("Delete")
    shows(page, [name for name in NEWEST_FIRST if name != "street.jpg"])
    page.keyboard.down("Delete")
    page.keyboard.down("Delete")
    page.keyboard.up("Delete")
    page.wait_for_load_state("networkidle")
    assert total(stack, trash=True) == 1


def test_the_focus_stays_with_its_picture_when_others_come(page: Page, stack: Stack) -> None:
    page.get_by_role("button", name="Open street.jpg").focus()
    stack.post_files(("tree.jpg", jpeg(9)))
    shows(page, ["tree.jpg", *NEWEST_FIRST])
    expect(page.get_by_role("button", name="Open street.jpg")).to_be_focused()


def test_nothing_is_chosen_once_all_is_cleared(page: Page) -> None:
    page.get_by_role("checkbox", name="Select lake.jpg").check()
    page.get_by_role("button", name="Clear gallery").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear gallery").click()
    expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
    expect(page.get_by_role("toolbar", name="Selected pictures")).to_have_count(0)


def test_all_is_cleared_and_then_removed_only_after_asking(page: Page, stack: Stack) -> None:
    page.get_by_role("button", name="Clear gallery").click()
    question = page.get_by_role("dialog", name="Clear the gallery?")
    question.get_by_role("button", name="Keep them").click()
    assert total(stack, trash=False) == len(NAMES)
    page.get_by_role("button", name="Clear gallery").click()
    question.get_by_role("button", name="Clear gallery").click()
    expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()

    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Empty trash").click()
    assert total(stack, trash=True) == len(NAMES)
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Empty")).click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    assert total(stack, trash=True) == 0
