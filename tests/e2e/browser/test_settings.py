"""Settings: creating, copying, rotating and revoking API keys."""

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.e2e.browser.actions import to_json
from tests.e2e.browser.axe import axe_violations
from tests.e2e.browser.chromium import open_page
from tests.support.processes import Stack


def open_settings(page: Page) -> None:
    """Follow the link in the header."""
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()


def create(page: Page, name: str) -> str:
    """Create a key with the proposed scopes and lifetime; return its secret and hide it."""
    page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog", name="Create key")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("status").filter(has_text=f"Key created: {name}")).to_be_visible()
    return hide_secret(page)


def hide_secret(page: Page) -> str:
    """Copy the new key, press Done, and return the key."""
    copy = page.get_by_role("button", name="Copy")
    expect(copy).to_be_focused()
    copy.click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    secret = page.get_by_role("textbox", name="New key").input_value()
    assert page.evaluate("() => navigator.clipboard.readText()") == secret
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("textbox", name="New key")).to_have_count(0)
    return secret


def row(page: Page, name: str) -> Locator:
    """Return the rows of the keys with this name."""
    return page.get_by_role("article", name=name)


@pytest.fixture(autouse=True)
def _clipboard(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


def test_first_key_signs_in_and_its_secret_is_shown_once(page: Page) -> None:
    open_settings(page)
    expect(page.get_by_role("heading", name="No keys: the gallery is open")).to_be_visible()
    secret = create(page, "me")
    assert secret.startswith("gal_")

    expect(row(page, "me").get_by_text("this browser")).to_be_visible()
    page.reload()
    expect(row(page, "me").get_by_text("read, submit, manage")).to_be_visible()
    assert secret not in page.content()


def test_key_is_rotated_and_revoked(page: Page, stack: Stack) -> None:
    open_settings(page)
    create(page, "me")
    old = create(page, "printer")
    row(page, "printer").get_by_role("button", name="Rotate").click()
    page.get_by_role("button", name="Create new key").click()
    assert hide_secret(page) != old
    expect(row(page, "printer")).to_have_count(2)

    for left in (1, 0):
        row(page, "printer").first.get_by_role("button", name="Revoke").click()
        dialog = page.get_by_role("dialog", name="Revoke “printer”?")
        dialog.get_by_role("button", name="Revoke").click()
        expect(row(page, "printer")).to_have_count(left)
    page.get_by_text("2 expired or revoked keys").click()
    expect(row(page, "printer").get_by_text("Revoked")).to_have_count(2)

    status = page.request.get(
        f"{stack.url}/api/v1/images", headers={"Authorization": f"Bearer {old}"}
    ).status
    assert status == 401


def test_own_key_can_be_rotated_at_once_and_revoked(page: Page) -> None:
    open_settings(page)
    create(page, "me")
    row(page, "me").get_by_role("button", name="Rotate").click()
    page.get_by_role("combobox", name="Old key ends").select_option(label="At once")
    page.get_by_role("button", name="Create new key").click()
    hide_secret(page)
    expect(row(page, "me").get_by_text("this browser")).to_be_visible()

    row(page, "me").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_key_without_manage_is_told_which_scope_is_needed(page: Page, settings: Settings) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "reader", ["read"])
    page.goto("/#/settings")
    page.get_by_role("textbox", name="Access key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("keys with the scope manage")).to_be_visible()
    expect(page.get_by_role("button", name="Create key")).to_have_count(0)


def test_long_name_does_not_scroll_a_narrow_page_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    open_settings(page)
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("textbox", name="Name").fill("m" * 100)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(row(page, "mmm").get_by_text("this browser")).to_be_visible()
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_keys_have_no_axe_violations(browser: Browser, stack: Stack, axe: str, theme: str) -> None:
    options = {"color_scheme": theme, "reduced_motion": "reduce", "bypass_csp": True}
    with open_page(browser, stack.url, **options) as page:
        page.add_init_script(axe)
        open_settings(page)
        page.get_by_role("button", name="Create key").click()
        page.get_by_role("textbox", name="Name").fill("me")
        page.get_by_role("button", name="Create", exact=True).click()
        expect(row(page, "me").get_by_text("this browser")).to_be_visible()
        found = axe_violations(page)
        row(page, "me").get_by_role("button", name="Rotate").click()
        expect(page.get_by_role("combobox", name="Old key ends")).to_be_visible()
        found += axe_violations(page)
    assert not found, to_json(found)
