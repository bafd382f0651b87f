"""Accessibility: axe checks every view in both themes, and narrow windows do not overflow."""

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.e2e.browser.actions import to_json
from tests.e2e.browser.axe import axe_violations
from tests.e2e.browser.chromium import open_page
from tests.e2e.browser.sample_gallery import SampleGallery
from tests.e2e.browser.views import VIEWS

NARROW = ViewportSize(width=320, height=640)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_has_axe_violations(
    browser: Browser, sample_gallery: SampleGallery, axe: str, theme: str
) -> None:
    found: dict[str, list[object]] = {}
    # The Content-Security-Policy of the page forbids the injected script.
    options = {"color_scheme": theme, "reduced_motion": "reduce", "bypass_csp": True}
    with open_page(browser, sample_gallery.url, **options) as page:
        page.add_init_script(axe)
        for name, open_view in VIEWS.items():
            page.goto("about:blank")
            open_view(page, sample_gallery)
            found[name] = axe_violations(page)
    assert not any(found.values()), to_json({k: v for k, v in found.items() if v})


def test_no_view_scrolls_sideways_at_320_pixels(
    browser: Browser, sample_gallery: SampleGallery
) -> None:
    found: dict[str, list[str]] = {}
    options = {"viewport": NARROW, "is_mobile": True, "has_touch": True}
    with open_page(browser, sample_gallery.url, reduced_motion="reduce", **options) as page:
        for name, open_view in VIEWS.items():
            page.goto("about:blank")
            open_view(page, sample_gallery)
            found[name] = overflowing_elements(page)
    assert not any(found.values()), to_json({k: v for k, v in found.items() if v})


def overflowing_elements(page: Page) -> list[str]:
    """Return the elements past the right edge; empty if the page does not scroll sideways."""
    found: list[str] = page.evaluate(
        """() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            if (scrollWidth <= clientWidth && innerWidth <= 320) return [];
            return [`${innerWidth} ${scrollWidth}`, ...[...document.body.querySelectorAll('*')]
                .filter((one) => one.getBoundingClientRect().right > clientWidth + 0.5)
                .map((one) => one.outerHTML.slice(0, 150))];
        }"""
    )
    return found
