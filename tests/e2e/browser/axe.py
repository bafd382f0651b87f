"""Accessibility check with axe-core."""

from playwright.sync_api import Page

from tests.support.paths import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


def axe_violations(page: Page) -> list[object]:
    """Return the violations that axe finds on the page, each with its elements.

    The source of axe must run on the page before.
    """
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
