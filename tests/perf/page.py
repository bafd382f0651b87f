"""Measure the page with a gallery of 100,000 images. Run by `make bench-page`."""

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
from tests.e2e.browser.chromium import open_page
from tests.perf.scale.fill import fill
from tests.support.images import encode
from tests.support.processes import Stack, running_stack

IMAGES = 100_000
VIEWPORT = ViewportSize(width=1440, height=900)
# Hard links per thumbnail file. File systems limit them (ext4: 65,000).
LINKS_PER_FILE = 10_000
LOADS = 7

# Resolves with the time in ms at which all cards in the viewport show their thumbnails.
WAIT_FOR_THUMBNAILS = """() => new Promise((resolve) => {
    const check = () => {
        const visible = [...document.querySelectorAll('li[aria-posinset]')].filter((item) => {
            const { top, bottom } = item.getBoundingClientRect();
            return top < innerHeight && bottom > 0;
        });
        const loaded = visible.every((item) => {
            const image = item.querySelector('article img');
            return image?.complete && image.naturalWidth > 0;
        });
        if (loaded && visible.length > 0) resolve(performance.now());
        else requestAnimationFrame(check);
    };
    check();
})"""

# Scrolls by `pixels` per frame for `seconds`; resolves with the times between frames in ms.
SCROLL = """async ({ pixels, seconds }) => {
    const longFrames = [];
    const observer = new PerformanceObserver((list) => longFrames.push(...list.getEntries()));
    observer.observe({ type: 'long-animation-frame' });
    const gaps = [];
    let elements = 0;
    await new Promise((resolve) => {
        let previous = null;
        const start = performance.now();
        const step = (now) => {
            if (previous !== null) gaps.push(now - previous);
            previous = now;
            elements = Math.max(elements, document.getElementsByTagName('*').length);
            scrollBy({ top: pixels, behavior: 'instant' });
            if (now - start < seconds * 1000) requestAnimationFrame(step);
            else resolve();
        };
        requestAnimationFrame(step);
    });
    observer.disconnect();
    const durations = longFrames.map((frame) => frame.duration);
    return { gaps, elements, position: scrollY, longFrames: durations };
}"""


def log(text: str) -> None:
    """Print a line to stderr."""
    sys.stderr.write(f"{text}\n")


@pytest.fixture
def large(settings: Settings, built_page: Path, photos: Path, tmp_path: Path) -> Iterator[Stack]:
    """A service with IMAGES images, each with a thumbnail."""
    fill(settings.require_database_url(), IMAGES, log)
    link_thumbnails(settings, sorted(photos.glob("*.jpg")))
    values = settings.model_dump(exclude_unset=True) | {"web_dir": built_page}
    with running_stack(Settings.model_validate(values), tmp_path, workers=0) as stack:
        yield stack


def link_thumbnails(settings: Settings, photos: list[Path]) -> None:
    """Create the thumbnails of all images as hard links to a few thumbnails of photos."""
    root = Path(url2pathname(urlsplit(settings.require_objects_url()).path))
    with psycopg.connect(settings.require_database_url()) as conn:
        hashes = [row[0] for row in conn.execute("SELECT sha256 FROM images")]
    sources = []
    for number in range(-(-len(hashes) // LINKS_PER_FILE)):
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
    size, times = measure_loads(browser, large)
    log(f"first load: {size / 1000:.0f} KB of JavaScript and CSS, gzipped")
    log(
        f"usable gallery of {IMAGES:,}: {statistics.median(times):.0f} ms (median of {LOADS},"
        f" worst {max(times):.0f})"
    )
    with open_page(browser, large.url, viewport=VIEWPORT) as page:
        page.goto("/#/gallery")
        page.evaluate(WAIT_FOR_THUMBNAILS)
        for pixels in (12, 40, 120, 400):
            result = page.evaluate(SCROLL, {"pixels": pixels, "seconds": 15})
            log(format_scroll(pixels, result))
        log(measure_jumps(page))


def measure_loads(browser: Browser, stack: Stack) -> tuple[int, list[float]]:
    """Load the gallery LOADS times without a cache.

    Returns:
        The gzipped size of JavaScript and CSS in bytes, and the time of each load in ms.
    """
    times = []
    for _ in range(LOADS):
        responses: list[Response] = []
        with open_page(browser, stack.url, viewport=VIEWPORT) as page:
            page.on("response", responses.append)
            page.wait_for_timeout(1000)  # exclude the time that a new window takes to open
            page.goto("/#/gallery")
            times.append(float(page.evaluate(WAIT_FOR_THUMBNAILS)))
            sizes = [
                len(gzip.compress(one.body()))
                for one in responses
                if urlsplit(one.url).path.endswith((".js", ".css"))
            ]
    return sum(sizes), times


def format_scroll(pixels: int, result: dict[str, Any]) -> str:
    """Return a line with the frame times of a scroll."""
    gaps = sorted(result["gaps"])
    return (
        f"scroll, {pixels} pixels a frame, {len(gaps)} frames to {result['position']:,.0f}: "
        f"median {statistics.median(gaps):.1f} ms, 99 % within {gaps[len(gaps) * 99 // 100]:.1f}, "
        f"worst {gaps[-1]:.1f}; over 50 ms: {sum(gap > 50 for gap in gaps)}; "
        f"long frames: {[round(each) for each in result['longFrames']]}; "
        f"{result['elements']} elements at most"
    )


def measure_jumps(page: Page) -> str:
    """Return a line with the times in ms from a jump of the scrollbar to loaded thumbnails."""
    times = []
    for position in (0.5, 0.25, 0.9, 1, 0.1):
        page.evaluate(f"scrollTo({{ top: document.body.scrollHeight * {position} }})")
        start = page.evaluate("performance.now()")
        times.append(float(page.evaluate(WAIT_FOR_THUMBNAILS)) - start)
    return f"a jump of the scrollbar: {', '.join(f'{each:.0f}' for each in times)} ms"
