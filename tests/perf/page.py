"""Measures the page over a gallery of 100,000 pictures. Run by `make bench-page`."""

import gzip
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import psycopg
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Response, ViewportSize

from infra.settings import Settings
from infra.storage import thumbnail_key
from tests.e2e.browser.chromium import visit
from tests.perf.scale.fill import fill
from tests.support.images import encode
from tests.support.processes import Stack, running_stack

PICTURES = 100_000
WINDOW = ViewportSize(width=1440, height=900)
# A file system has no room for more links to one file.
LINKS = 10_000
OPENINGS = 7

# The moment at which all cards in the window are drawn with their pictures.
USABLE = """() => new Promise((resolve) => {
    const look = () => {
        const seen = [...document.querySelectorAll('li[aria-posinset]')].filter((place) => {
            const { top, bottom } = place.getBoundingClientRect();
            return top < innerHeight && bottom > 0;
        });
        const drawn = seen.every((place) => {
            const image = place.querySelector('article img');
            return image?.complete && image.naturalWidth > 0;
        });
        if (drawn && seen.length > 0) resolve(performance.now());
        else requestAnimationFrame(look);
    };
    look();
})"""

# Scrolls by so many pixels a frame for so long, and tells the times between frames.
SCROLL = """async ({ pixels, seconds }) => {
    const late = [];
    const frames = new PerformanceObserver((list) => late.push(...list.getEntries()));
    frames.observe({ type: 'long-animation-frame' });
    const gaps = [];
    let most = 0;
    await new Promise((resolve) => {
        let before = null;
        const begun = performance.now();
        const step = (now) => {
            if (before !== null) gaps.push(now - before);
            before = now;
            most = Math.max(most, document.getElementsByTagName('*').length);
            scrollBy({ top: pixels, behavior: 'instant' });
            if (now - begun < seconds * 1000) requestAnimationFrame(step);
            else resolve();
        };
        requestAnimationFrame(step);
    });
    frames.disconnect();
    return { gaps, elements: most, at: scrollY, late: late.map((frame) => frame.duration) };
}"""


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


@pytest.fixture
def large(settings: Settings, built_page: Path, photos: Path, tmp_path: Path) -> Iterator[Stack]:
    """A gallery so large, each picture of it with a thumbnail."""
    fill(settings.require_database_url(), PICTURES, say)
    link_thumbnails(settings, sorted(photos.glob("*.jpg")))
    values = settings.model_dump(exclude_unset=True) | {"web_dir": built_page}
    with running_stack(Settings.model_validate(values), tmp_path, workers=0) as stack:
        yield stack


def link_thumbnails(settings: Settings, photos: list[Path]) -> None:
    """Give every picture one of a few real thumbnails: parts of the photographs."""
    root = Path(url2pathname(urlsplit(settings.require_objects_url()).path))
    with psycopg.connect(settings.require_database_url()) as conn:
        hashes = [row[0] for row in conn.execute("SELECT sha256 FROM images")]
    sources = []
    for number in range(-(-len(hashes) // LINKS)):
        with Image.open(photos[number % len(photos)]) as image:
            image.thumbnail((512 + number, 512))
            source = root / f"{number}.jpg"
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(encode(image, quality=85))
            sources.append(source)
    for number, sha256 in enumerate(hashes):
        folder, name = thumbnail_key(bytes(sha256)).split("/")
        path = root / folder / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(sources[number % len(sources)], path)


def test_measure_the_page(browser: Browser, large: Stack) -> None:
    loaded, opened = openings(browser, large)
    say(f"first load: {loaded / 1000:.0f} KB of JavaScript and CSS, gzipped")
    say(
        f"usable gallery of {PICTURES:,}: {statistics.median(opened):.0f} ms (median of {OPENINGS},"
        f" worst {max(opened):.0f})"
    )
    with visit(browser, large.url, viewport=WINDOW) as page:
        page.goto("/#/gallery")
        page.evaluate(USABLE)
        for pixels in (12, 40, 120, 400):
            say(told(pixels, page.evaluate(SCROLL, {"pixels": pixels, "seconds": 15})))
        say(jumps(page))


def openings(browser: Browser, stack: Stack) -> tuple[int, list[float]]:
    """The bytes of the first load, and the times of some, each with nothing kept from before."""
    times = []
    for _ in range(OPENINGS):
        code: list[Response] = []
        with visit(browser, stack.url, viewport=WINDOW) as page:
            page.on("response", lambda one, code=code: code.append(one))
            page.wait_for_timeout(1000)  # a new window is opened by now
            page.goto("/#/gallery")
            times.append(float(page.evaluate(USABLE)))
            sizes = [
                len(gzip.compress(one.body()))
                for one in code
                if urlsplit(one.url).path.endswith((".js", ".css"))
            ]
    return sum(sizes), times


def told(pixels: int, scrolled: dict[str, Any]) -> str:
    gaps = sorted(scrolled["gaps"])
    return (
        f"scroll, {pixels} pixels a frame, {len(gaps)} frames to {scrolled['at']:,.0f}: "
        f"median {statistics.median(gaps):.1f} ms, 99 % within {gaps[len(gaps) * 99 // 100]:.1f}, "
        f"worst {gaps[-1]:.1f}; over 50 ms: {sum(gap > 50 for gap in gaps)}; "
        f"long frames: {[round(each) for each in scrolled['late']]}; "
        f"{scrolled['elements']} elements at most"
    )


def jumps(page: Page) -> str:
    """How long after a jump of the scrollbar the pictures there are drawn."""
    times = []
    for place in (0.5, 0.25, 0.9, 1, 0.1):
        page.evaluate(f"scrollTo({{ top: document.body.scrollHeight * {place} }})")
        begun = page.evaluate("performance.now()")
        times.append(float(page.evaluate(USABLE)) - begun)
    return f"a jump of the scrollbar: {', '.join(f'{each:.0f}' for each in times)} ms"
