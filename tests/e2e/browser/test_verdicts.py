"""Verdicts in the details of an image: confirm, reject, undo, and add a tag."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.images import jpeg
from tests.support.processes import Stack


def open_details(page: Page, stack: Stack) -> dict[str, Any]:
    """Upload an image, open its details and return it."""
    job = stack.post_files(("image.jpg", jpeg(1)))
    image_id = stack.wait_for_job(job["id"])["items"][0]["image_id"]
    page.goto(f"/#/gallery?image={image_id}")
    expect(page.get_by_role("complementary")).to_be_visible()
    image: dict[str, Any] = stack.get(f"/api/v1/images/{image_id}")
    return image


def verdicts(stack: Stack, image: dict[str, Any]) -> dict[str, str]:
    """Return the verdict on each tag of an image that has one."""
    tags = stack.get(f"/api/v1/images/{image['id']}")["tags"]
    return {tag["tag"]: tag["verdict"] for tag in tags if tag["verdict"]}


def test_tags_are_confirmed_rejected_and_undone(page: Page, stack: Stack) -> None:
    image = open_details(page, stack)
    best, second = image["predictions"][:2]
    label = best["label"].replace("_", " ")
    confirm = page.get_by_role("button", name=f"Confirm {label}", exact=True)
    confirm.click()
    expect(confirm).to_have_attribute("aria-pressed", "true")
    assert verdicts(stack, image) == {best["wnid"]: "confirmed"}

    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(confirm).to_have_attribute("aria-pressed", "false")
    assert verdicts(stack, image) == {}

    label = second["label"].replace("_", " ")
    reject = page.get_by_role("button", name=f"Reject {label}", exact=True)
    reject.focus()
    page.keyboard.press("Enter")
    expect(reject).to_have_attribute("aria-pressed", "true")
    assert verdicts(stack, image) == {second["wnid"]: "rejected"}
    page.reload()
    expect(reject).to_have_attribute("aria-pressed", "true")


def test_added_tag_is_found_by_its_name(page: Page, stack: Stack) -> None:
    image = open_details(page, stack)
    box = page.get_by_role("combobox", name="Add a tag")
    box.fill("My cat")
    box.press("Enter")
    added = page.get_by_role("region", name="Added tags").get_by_role("listitem")
    expect(added).to_have_text(re.compile("My cat|my cat"))
    assert verdicts(stack, image) == {"custom:my-cat": "confirmed"}
    assert stack.get("/api/v1/images", q="my cat")["total"] == 1
