"""User actions on the page and values read from it."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page

from tests.support.images import jpeg

Files = Sequence[FilePayload] | Sequence[Path]


def make_files(*names: str) -> list[FilePayload]:
    """Return a different JPEG file for each name."""
    return [
        FilePayload(name=name, mimeType="image/jpeg", buffer=jpeg(seed))
        for seed, name in enumerate(names, start=1)
    ]


def upload_files(page: Page, files: Files) -> None:
    """Open the upload view and choose files."""
    page.goto("/")
    choose_files(page, "Browse images", files)


def upload_folder(page: Page, folder: Path) -> None:
    """Open the upload view and choose a folder."""
    page.goto("/")
    choose_files(page, "Browse folder", folder)


def choose_files(page: Page, button: str, files: Files | Path) -> None:
    """Click a button that opens the file dialog, and choose files in it."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(files)


def drop_paths(page: Page, *paths: Path) -> None:
    """Drop local files and folders on the page, like a file manager."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for event in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": event, "x": 400, "y": 300, "data": data})
    devtools.detach()


def swipe(page: Page, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Swipe from `start` to `end` (x, y in pixels) in eight steps, one per frame.

    The touch stays still for ten frames before it ends, or else the browser starts a fling and
    treats the next tap as the one that stops it.
    """
    devtools = page.context.new_cdp_session(page)
    moving_frames, still_frames = 8, 10

    def send_touch(event: str, *points: tuple[float, float]) -> None:
        touch_points = [{"x": x, "y": y} for x, y in points]
        devtools.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": touch_points})
        page.evaluate("() => new Promise(requestAnimationFrame)")

    send_touch("touchStart", start)
    for frame in range(1, moving_frames + still_frames + 1):
        fraction = min(1, frame / moving_frames)
        x, y = (a + (b - a) * fraction for a, b in zip(start, end, strict=True))
        send_touch("touchMove", (x, y))
    send_touch("touchEnd")
    devtools.detach()


def open_view(page: Page, name: str) -> None:
    """Follow the navigation link of a view."""
    page.get_by_role("navigation", name="Views").get_by_role("link", name=name).click()


def image_button(page: Page, name: str) -> Locator:
    """Return the button that opens an image, such as "jersey, 56 %: name.jpg"."""
    return page.get_by_role("button", name=re.compile(rf": {re.escape(name)}$"))


def export_panel(page: Page) -> Locator:
    """Return the export panel of the search view; open it if necessary."""
    button = page.get_by_role("button", name="Export", exact=True)
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    return page.get_by_role("region", name="Export", exact=True)


def image_names(page: Page) -> list[str]:
    """Return the names of the rendered images in order."""
    return page.get_by_role("article").get_by_role("heading").all_inner_texts()


def upload_counts(page: Page) -> dict[str, int]:
    """Return the number of files per status that the upload summary shows."""
    buttons = page.get_by_role("list", name="Filter by status").get_by_role("button")
    counts = (text.split(maxsplit=1) for text in buttons.all_inner_texts())
    return {status: int(number.replace(",", "")) for number, status in counts}


def focused_name(page: Page) -> str:
    """Return the ARIA label or the text of the focused element."""
    return str(
        page.evaluate(
            "() => document.activeElement.ariaLabel || document.activeElement.innerText.trim()"
        )
    )


def to_json(value: object) -> str:
    """Format a value as indented JSON for an assertion message."""
    return json.dumps(value, indent=2)
