"""Measure the page with a gallery of 100,000 images: `make bench-page`."""

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

IMAGES = 100_000
WINDOW = ViewportSize(width=1440, height=900)
LINKS = 10_000  # per file; file systems limit hard links, ext4 to 65,000
LOADS = 7

# Resolves with the time at which all cards in the window are drawn with their images.
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

# Scrolls by `pixels` per frame for `seconds` and returns the times between frames in ms.
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
    """Run an API on a gallery of 100,000 images with thumbnails."""
    fill(settings.require_database_url(), IMAGES, say)
    link_thumbnails(settings, sorted(photos.glob("*.jpg")))
    values = settings.model_dump(exclude_unset=True) | {"web_dir": built_page}
    with running_stack(Settings.model_validate(values), tmp_path, workers=0) as stack:
        yield stack


def link_thumbnails(settings: Settings, photos: list[Path]) -> None:
    """Link the thumbnail of every image to one of a few thumbnails of the photographs."""
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


def test_page_performance(browser: Browser, large: Stack) -> None:
    loaded, times = measure_loads(browser, large)
    say(f"first load: {loaded / 1000:.0f} KB of JavaScript and CSS, gzipped")
    say(
        f"usable gallery of {IMAGES:,}: {statistics.median(times):.0f} ms (median of {LOADS},"
        f" worst {max(times):.0f})"
    )
    with visit(browser, large.url, viewport=WINDOW) as page:
        page.goto("/#/gallery")
        page.evaluate(USABLE)
        for pixels in (12, 40, 120, 400):
            say(describe_scroll(pixels, page.evaluate(SCROLL, {"pixels": pixels, "seconds": 15})))
        say(measure_jumps(page))


def measure_loads(browser: Browser, stack: Stack) -> tuple[int, list[float]]:
    """Load the page several times with an empty cache.

    Returns:
        Bytes of JavaScript and CSS, gzipped; milliseconds until the gallery is usable, per load.
    """
    times = []
    for _ in range(LOADS):
        responses: list[Response] = []
        with visit(browser, stack.url, viewport=WINDOW) as page:
            page.on("response", responses.append)
            page.wait_for_timeout(1000)  # until the window is open
            page.goto("/#/gallery")
            times.append(float(page.evaluate(USABLE)))
            sizes = [
                len(gzip.compress(one.body()))
                for one in responses
                if urlsplit(one.url).path.endswith((".js", ".css"))
            ]
    return sum(sizes), times


def describe_scroll(pixels: int, scrolled: dict[str, Any]) -> str:
    gaps = sorted(scrolled["gaps"])
    return (
        f"scroll, {pixels} pixels per frame, {len(gaps)} frames to {scrolled['at']:,.0f}: "
        f"median {statistics.median(gaps):.1f} ms, 99 % within {gaps[len(gaps) * 99 // 100]:.1f}, "
        f"worst {gaps[-1]:.1f}; over 50 ms: {sum(gap > 50 for gap in gaps)}; "
        f"long frames: {[round(each) for each in scrolled['late']]}; "
        f"{scrolled['elements']} elements at most"
    )


def measure_jumps(page: Page) -> str:
    """Measure the time until images are drawn after a jump of the scrollbar, in milliseconds."""
    times = []
    for place in (0.5, 0.25, 0.9, 1, 0.1):
        page.evaluate(f"scrollTo({{ top: document.body.scrollHeight * {place} }})")
        start = page.evaluate("performance.now()")
        times.append(float(page.evaluate(USABLE)) - start)
    return f"jumps of the scrollbar: {', '.join(f'{each:.0f}' for each in times)} ms"
