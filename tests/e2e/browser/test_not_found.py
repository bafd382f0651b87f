"""Addresses without a page, upload or image (P10)."""

import re

import pytest
from playwright.sync_api import Page, expect


def test_unknown_address_offers_the_gallery(sample_page: Page) -> None:
    sample_page.goto("/#/nosuch")
    expect(sample_page.get_by_role("heading", name="Page not found")).to_be_visible()
    sample_page.get_by_role("link", name="Open gallery").click()
    expect(sample_page.get_by_role("article").first).to_be_visible()


def test_unknown_upload_offers_a_new_one(sample_page: Page) -> None:
    sample_page.goto("/#/jobs/nonexistent")
    expect(sample_page.get_by_role("heading", name="Upload not found")).to_be_visible()
    sample_page.get_by_role("link", name="New upload").click()
    expect(sample_page.get_by_role("button", name="Browse images")).to_be_visible()


@pytest.mark.parametrize("image_id", ["nosuch", "018f0000-0000-7000-8000-000000000000"])
def test_unknown_image_shows_the_gallery_and_says_why(sample_page: Page, image_id: str) -> None:
    sample_page.goto(f"/#/gallery?image={image_id}")
    expect(sample_page.get_by_text("Image not found. It may have been deleted.")).to_be_visible()
    expect(sample_page).to_have_url(re.compile("#/gallery$"))
    expect(sample_page.get_by_role("article").first).to_be_visible()


def test_api_documentation_is_linked_dark_and_has_a_way_back(sample_page: Page) -> None:
    """P16: the page did not link to /docs, which ignored the theme and had no way back."""
    sample_page.emulate_media(color_scheme="dark")
    sample_page.goto("/")
    sample_page.get_by_role("link", name="API documentation").click()
    expect(sample_page.get_by_text("/api/v1/jobs", exact=True).first).to_be_visible()
    assert "invert" in sample_page.locator("#docs").evaluate("one => getComputedStyle(one).filter")
    sample_page.get_by_role("link", name="← Gallery").click()
    expect(sample_page.get_by_role("button", name="Browse images")).to_be_visible()
