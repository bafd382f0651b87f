"""What a person does on the page, and what they see there."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Page

from tests.support.images import jpeg


def files(*names: str) -> list[FilePayload]:
    """Different pictures under these names."""
    return [
        FilePayload(name=name, mimeType="image/jpeg", buffer=jpeg(seed))
        for seed, name in enumerate(names, start=1)
    ]


def upload(page: Page, chosen: Sequence[FilePayload] | Sequence[Path]) -> None:
    """Choose files on the first page, as the file dialog hands them over."""
    choose(page, "Choose pictures", chosen)


def upload_folder(page: Page, folder: Path) -> None:
    """Choose a folder on the first page."""
    choose(page, "Choose a folder", folder)


def drop(page: Page, *paths: Path) -> None:
    """Drop files and folders of this machine on the page, as a file manager does."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for event in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": event, "x": 400, "y": 300, "data": data})
    devtools.detach()


def choose(page: Page, button: str, chosen: Any) -> None:
    page.goto("/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(chosen)


def swipe(page: Page, begin: tuple[int, int], end: tuple[int, int]) -> None:
    """Draw a finger over the page, one step in each frame: no hand is faster than the screen.

    It rests before it is lifted. Else the browser takes the next tap for one that stops a fling.
    """
    devtools = page.context.new_cdp_session(page)
    steps, rests = 8, 10

    def touch(event: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y} for x, y in points]
        devtools.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": where})
        page.evaluate("() => new Promise(requestAnimationFrame)")

    touch("touchStart", begin)
    for step in range(1, steps + rests + 1):
        part = min(1, step / steps)
        touch("touchMove", tuple(a + (b - a) * part for a, b in zip(begin, end, strict=True)))
    touch("touchEnd")
    devtools.detach()


def open_view(page: Page, name: str) -> None:
    """Follow the bar's link to a view."""
    page.get_by_role("navigation", name="Views").get_by_role("link", name=name).click()


def cards(page: Page) -> list[str]:
    """The names of the pictures in sight, in order."""
    return page.get_by_role("article").get_by_role("heading").all_inner_texts()


def tally(page: Page) -> dict[str, int]:
    """What the summary of an upload counts: phase by phase."""
    words = page.get_by_role("list", name="Show only files that are").get_by_role("button")
    counted = (text.split(maxsplit=1) for text in words.all_inner_texts())
    return {phase: int(number.replace(",", "")) for number, phase in counted}


def focused(page: Page) -> str:
    """What has the focus, as its accessible name or its text."""
    return str(
        page.evaluate(
            "() => document.activeElement.ariaLabel || document.activeElement.innerText.trim()"
        )
    )


def as_text(value: object) -> str:
    """A finding, laid out to be read in a failure."""
    return json.dumps(value, indent=2)
