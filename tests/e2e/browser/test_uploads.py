"""Large and interrupted uploads: every file is stored once, and the page shows correct counts."""

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, Request, expect

from tests.e2e.browser.actions import (
    choose_files,
    drop_paths,
    make_files,
    upload_counts,
    upload_files,
    upload_folder,
)
from tests.e2e.browser.chromium import open_page
from tests.support.images import encode, jpeg, make_image
from tests.support.processes import Stack

# GALLERY_ACCEPT_FULL=1 tests with the documented numbers of files; the default is faster.
FULL = bool(os.environ.get("GALLERY_ACCEPT_FULL"))
MANY_FILES = 1000 if FULL else 250
# More than one call of readEntries returns (100), and more than one batch of the page (200).
DROPPED_FILES = 5000 if FULL else 230
UPLOAD_TIMEOUT_MS = 240_000
ADD_IMAGES_URL = re.compile(r"/jobs/[\w-]+/images")


def write_images(folder: Path, count: int) -> list[Path]:
    """Write `count` different small JPEG files to nested folders and return their paths."""
    paths = [folder / ("" if n % 9 else f"{n % 7}/{n % 3}") / f"{n:04}.jpg" for n in range(count)]
    for n, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(n, size=(64, 48)))
    return paths


def expect_finished(page: Page, count: int) -> None:
    """Wait until the page shows that all `count` files of an upload are finished."""
    text = f"{count:,} of {count:,} files finished"
    expect(page.get_by_text(text, exact=True)).to_be_visible(timeout=UPLOAD_TIMEOUT_MS)
    expect(page.get_by_role("heading", name="Upload finished")).to_be_visible()


def single_job_counts(stack: Stack) -> dict[str, int]:
    """Return the counts of the only job."""
    (job,) = stack.get("/api/v1/jobs")["items"]
    counts: dict[str, int] = job["counts"]
    return counts


def test_dropped_folder_uploads_all_nested_files(page: Page, stack: Stack, tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    write_images(folder, DROPPED_FILES)
    (folder / ".DS_Store").write_bytes(b"system file")
    (folder / "notes.txt").write_text("not an image")
    page.goto("/#/gallery")  # files can be dropped on any view
    expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
    drop_paths(page, folder)

    expect_finished(page, DROPPED_FILES + 1)
    assert upload_counts(page) == {"done": DROPPED_FILES, "rejected": 1}
    assert single_job_counts(stack)["done"] == DROPPED_FILES


def test_chosen_folder_and_pasted_image_are_uploaded(page: Page, tmp_path: Path) -> None:
    write_images(tmp_path / "chosen", 3)
    upload_folder(page, tmp_path / "chosen")
    expect_finished(page, 3)

    page.evaluate(
        """bytes => {
            const clipboardData = new DataTransfer();
            const options = { type: 'image/png' };
            clipboardData.items.add(new File([new Uint8Array(bytes)], 'pasted.png', options));
            document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
        }""",
        list(encode(make_image(77), "PNG")),
    )
    expect_finished(page, 4)
    assert upload_counts(page) == {"done": 4}


def test_unsupported_file_is_rejected_without_a_request(sample_page: Page) -> None:
    page = sample_page
    upload_files(page, [FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"text")])
    row = page.get_by_role("article", name="notes.txt")
    expect(row).to_contain_text(".txt files are not supported.")
    expect(page).to_have_url(re.compile(r"/#?/?$"))

    page.get_by_role("link", name="New upload").click()
    expect(page.get_by_role("heading", name="Drop images or folders here")).to_be_visible()


def test_many_files_form_one_job_with_at_most_four_parallel_requests(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    parallel: list[int] = []
    in_flight: set[Request] = set()

    def on_request(request: Request) -> None:
        if request.method == "POST":
            in_flight.add(request)
            parallel.append(len(in_flight))

    page.on("request", on_request)
    # The response event precedes all requests that the page sends because of the response.
    page.on("response", lambda response: in_flight.discard(response.request))
    upload_files(page, write_images(tmp_path / "many", MANY_FILES))

    expect_finished(page, MANY_FILES)
    assert upload_counts(page) == {"done": MANY_FILES}
    counts = single_job_counts(stack)
    assert counts["done"] == counts["total"] == MANY_FILES
    assert max(parallel) <= 4
    # The virtual list renders only the visible rows.
    assert page.get_by_role("article").count() < 40


def upload_with_blocked_requests(page: Page, names: list[str]) -> None:
    """Start an upload whose first request completes and whose later requests hang."""
    page.route(ADD_IMAGES_URL, lambda _: None)
    with page.expect_request(ADD_IMAGES_URL):
        upload_files(page, make_files(*names))


def test_upload_continues_after_network_failure(page: Page, stack: Stack) -> None:
    upload_with_blocked_requests(page, [f"{n}.jpg" for n in range(40)])
    page.context.set_offline(True)
    page.unroute(ADD_IMAGES_URL)  # the blocked requests continue and fail
    expect(page.get_by_text("Can't reach the server. Retrying…")).to_be_visible()
    assert single_job_counts(stack)["total"] == 4

    page.context.set_offline(False)
    expect_finished(page, 40)
    assert upload_counts(page) == {"done": 40}
    counts = single_job_counts(stack)
    assert counts["done"] == counts["total"] == 40


def test_reload_during_upload_reports_unsent_files(page: Page) -> None:
    names = [f"{n}.jpg" for n in range(12)]
    upload_with_blocked_requests(page, names)
    expect(page).to_have_url(re.compile(r"#/jobs/"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()

    expect(page.get_by_text("8 files not uploaded.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(4)
    page.unroute(ADD_IMAGES_URL)
    choose_files(page, "Browse images", make_files(*names))
    expect_finished(page, 16)
    assert upload_counts(page) == {"done": 12, "already in your gallery": 4}


def test_reloaded_page_and_second_tab_follow_the_same_job(
    page: Page, stack: Stack, browser: Browser
) -> None:
    stack.stop("worker")
    upload_files(page, make_files(*(f"{n}.jpg" for n in range(20))))
    queued = page.get_by_role("button", name="20 queued")
    expect(queued).to_be_visible()

    page.reload()
    expect(queued).to_be_visible()
    with open_page(browser, page.url) as second_tab:
        second_tab.goto(page.url)
        expect(second_tab.get_by_role("button", name="20 queued")).to_be_visible()
        assert upload_counts(second_tab) == upload_counts(page) == {"queued": 20}
        stack.start("worker")
        for tab in (page, second_tab):
            expect_finished(tab, 20)
            assert upload_counts(tab) == {"done": 20}


def test_files_rejected_in_the_browser_are_still_listed_after_reload(
    page: Page, stack: Stack
) -> None:
    """P3: "10 files, 3 rejected" became "8 files, 1 rejected"."""
    notes = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"text")
    upload_files(page, [*make_files("lake.jpg"), notes])
    expect_finished(page, 2)
    page.reload()

    expect_finished(page, 2)
    assert upload_counts(page) == {"done": 1, "rejected": 1}
    row = page.get_by_role("article", name="notes.txt")
    expect(row).to_contain_text(".txt files are not supported.")
    assert single_job_counts(stack)["total"] == 1
    page.get_by_role("link", name="New upload").click()
    expect(page.get_by_role("link", name="2 files 1 done, 1 rejected")).to_be_visible()
