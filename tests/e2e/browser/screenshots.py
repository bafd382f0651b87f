"""Generate docs/screenshots: every view in both themes and two sizes. Run by `make screenshots`."""

from collections.abc import Iterator
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.browser.chromium import PHONE, open_page
from tests.e2e.browser.sample_gallery import SampleGallery, fill_with
from tests.e2e.browser.views import VIEWS
from tests.support.images import encode
from tests.support.paths import ROOT
from tests.support.processes import Stack

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {"desktop": ViewportSize(width=1280, height=800), "phone": PHONE}
# WebP quality. Keeps the screenshots, which contain photos, small in the repository.
QUALITY = 60


def sample_files(photos: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, JPEG bytes): two crops and a mirrored copy of each photo, then the photos."""
    paths = sorted(photos.glob("*.jpg"))
    for path in paths:
        with Image.open(path) as image:
            image.thumbnail((1000, 1000))
            width, height = image.size
            mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            yield f"{path.stem}-left.jpg", encode(image.crop((0, 0, width * 2 // 3, height)))
            yield f"{path.stem}-right.jpg", encode(image.crop((width // 3, 0, width, height)))
            yield f"{path.stem}-mirrored.jpg", encode(mirrored)
    yield from ((path.name, path.read_bytes()) for path in paths)


@pytest.fixture
def gallery(stack: Stack, photos: Path) -> SampleGallery:
    """A gallery of photos."""
    return fill_with(stack, list(sample_files(photos)))


def wait_until_rendered(page: Page) -> None:
    """Wait until the service is idle and the fonts and visible images are loaded."""
    expect(page.get_by_text("Ready", exact=True)).to_be_attached()
    page.wait_for_function(
        """() => [...document.images].every((image) =>
            image.complete || !image.checkVisibility() ||
            image.getBoundingClientRect().top >= innerHeight ||
            image.getBoundingClientRect().left >= innerWidth)"""
    )
    page.evaluate("() => document.fonts.ready.then(() => true)")


def test_screenshots_of_every_view(browser: Browser, gallery: SampleGallery) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for (size, viewport), theme in product(SIZES.items(), ("light", "dark")):
        phone = size == "phone"
        options = {"viewport": viewport, "is_mobile": phone, "has_touch": phone}
        with open_page(
            browser, gallery.url, color_scheme=theme, reduced_motion="reduce", **options
        ) as page:
            for name, open_view in VIEWS.items():
                page.goto("about:blank")
                open_view(page, gallery)
                wait_until_rendered(page)
                with Image.open(BytesIO(page.screenshot())) as screenshot:
                    assert screenshot.size == (viewport["width"], viewport["height"])
                    file = FOLDER / f"{name}-{theme}-{size}.webp"
                    screenshot.convert("RGB").save(file, quality=QUALITY, method=6)
