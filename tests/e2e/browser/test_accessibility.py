"""Nobody is shut out: axe looks at every view in both themes, and narrow windows fit."""

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.e2e.browser.actions import as_text
from tests.e2e.browser.chromium import visit
from tests.e2e.browser.sample_gallery import SampleGallery
from tests.e2e.browser.views import VIEWS
from tests.support.paths import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
NARROWEST = ViewportSize(width=320, height=640)


def violations(page: Page) -> list[object]:
    """What axe finds on the page as it stands, each with the elements it is about."""
    results: dict[str, list[object]] = page.evaluate(
        """async () => {
            const { passes, violations } = await axe.run(document, { resultTypes: ['violations'] });
            const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map(
                ({ html, failureSummary }) => [html.slice(0, 200), failureSummary]) }));
            return { passes: passes.map(({ id }) => id), found };
        }"""
    )
    assert "color-contrast" in results["passes"]
    return results["found"]


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("no axe-core: `make web` installs it")
    return AXE.read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_view(
    browser: Browser, sample_gallery: SampleGallery, axe: str, theme: str
) -> None:
    found: dict[str, list[object]] = {}
    # The injected script is ours, not the page's: the page's policy rightly refuses it.
    options = {"color_scheme": theme, "reduced_motion": "reduce", "bypass_csp": True}
    with visit(browser, sample_gallery.url, **options) as page:
        page.add_init_script(axe)
        for name, open_view in VIEWS.items():
            page.goto("about:blank")
            open_view(page, sample_gallery)
            found[name] = violations(page)
    assert not any(found.values()), as_text({k: v for k, v in found.items() if v})


def test_no_view_scrolls_sideways_at_320_pixels(
    browser: Browser, sample_gallery: SampleGallery
) -> None:
    wide: dict[str, list[str]] = {}
    options = {"viewport": NARROWEST, "is_mobile": True, "has_touch": True}
    with visit(browser, sample_gallery.url, reduced_motion="reduce", **options) as page:
        for name, open_view in VIEWS.items():
            page.goto("about:blank")
            open_view(page, sample_gallery)
            wide[name] = sticking_out(page)
    assert not any(wide.values()), as_text({k: v for k, v in wide.items() if v})


def sticking_out(page: Page) -> list[str]:
    """The elements past the right edge, if the page scrolls sideways."""
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
