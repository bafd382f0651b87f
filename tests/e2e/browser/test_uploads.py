"""Large and interrupted uploads: every file arrives once, and the page's counts add up."""

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, Request, expect

from tests.e2e.browser.actions import drop, files, tally, upload, upload_folder
from tests.e2e.browser.chromium import visit
from tests.support.images import encode, jpeg, make_image
from tests.support.processes import Stack

# GALLERY_ACCEPT_FULL=1 takes the numbers of the promise; every day has the time for fewer.
FULL = bool(os.environ.get("GALLERY_ACCEPT_FULL"))
MANY = 1000 if FULL else 250
# More than a directory's reader hands out at once, and more than a handful of the page.
DROPPED = 5000 if FULL else 230
MINUTES_MS = 240_000
ADDING = re.compile(r"/jobs/[\w-]+/images")


def write_pictures(folder: Path, count: int) -> list[Path]:
    """Different small pictures, in folders within folders."""
    paths = [folder / ("" if n % 9 else f"{n % 7}/{n % 3}") / f"{n:04}.jpg" for n in range(count)]
    for n, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(n, size=(64, 48)))
    return paths


def finished(page: Page, count: int) -> None:
    """Wait until the page says that all of an upload is done."""
    words = f"{count:,} of {count:,} files finished"
    expect(page.get_by_text(words, exact=True)).to_be_visible(timeout=MINUTES_MS)
    expect(page.get_by_role("heading", name="Upload finished")).to_be_visible()


def only_job(stack: Stack) -> dict[str, int]:
    """The counts of the one job there is, as the API tells them."""
    (job,) = stack.get("/api/v1/jobs")["items"]
    counts: dict[str, int] = job["counts"]
    return counts


def test_a_dropped_folder_arrives_whole_with_everything_below_it(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    folder = tmp_path / "holiday"
    write_pictures(folder, DROPPED)
    (folder / ".DS_Store").write_bytes(b"litter")
    (folder / "notes.txt").write_text("no picture")
    page.goto("/#/gallery")  # anywhere on the page will do
    expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
    drop(page, folder)

    finished(page, DROPPED + 1)
    assert tally(page) == {"done": DROPPED, "not taken": 1}
    assert only_job(stack)["done"] == DROPPED


def test_a_chosen_folder_and_a_pasted_picture_arrive_too(page: Page, tmp_path: Path) -> None:
    write_pictures(tmp_path / "chosen", 3)
    upload_folder(page, tmp_path / "chosen")
    finished(page, 3)

    page.evaluate(
        """bytes => {
            const clipboardData = new DataTransfer();
            const options = { type: 'image/png' };
            clipboardData.items.add(new File([new Uint8Array(bytes)], 'pasted.png', options));
            document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
        }""",
        list(encode(make_image(77), "PNG")),
    )
    finished(page, 4)
    assert tally(page) == {"done": 4}


def test_what_the_service_would_refuse_is_not_even_sent(visitor: Page) -> None:
    upload(visitor, [FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"words")])
    row = visitor.get_by_role("article", name="notes.txt")
    expect(row).to_contain_text("Files of type .txt are not pictures the model can read.")
    expect(visitor).to_have_url(re.compile(r"/#?/?$"))

    visitor.get_by_role("link", name="New upload").click()
    expect(visitor.get_by_role("heading", name="Drop pictures or folders anywhere")).to_be_visible()


def test_many_files_arrive_under_one_receipt(page: Page, stack: Stack, tmp_path: Path) -> None:
    at_once: list[int] = []
    flying: set[Request] = set()

    def left(request: Request) -> None:
        if request.method == "POST":
            flying.add(request)
            at_once.append(len(flying))

    page.on("request", left)
    # The answer comes before anything that the page does because of it.
    page.on("response", lambda response: flying.discard(response.request))
    upload(page, write_pictures(tmp_path / "many", MANY))

    finished(page, MANY)
    assert tally(page) == {"done": MANY}
    assert only_job(stack)["done"] == only_job(stack)["total"] == MANY
    assert max(at_once) <= 4
    # The list is as long as the upload, the page is not.
    assert page.get_by_role("article").count() < 40


def held_while_sending(page: Page, names: list[str]) -> None:
    """An upload whose first request arrived and whose next ones are on their way."""
    page.route(ADDING, lambda _: None)
    with page.expect_request(ADDING):
        upload(page, files(*names))


def test_an_upload_goes_on_after_the_network_was_away(page: Page, stack: Stack) -> None:
    held_while_sending(page, [f"{n}.jpg" for n in range(40)])
    page.context.set_offline(True)
    page.unroute(ADDING)  # what was held goes on its way, which leads nowhere now
    expect(page.get_by_text("The gallery cannot be reached. Trying again…")).to_be_visible()
    assert only_job(stack)["total"] == 4

    page.context.set_offline(False)
    finished(page, 40)
    assert tally(page) == {"done": 40}
    assert only_job(stack)["done"] == only_job(stack)["total"] == 40


def test_a_reload_while_sending_says_what_has_not_arrived(page: Page) -> None:
    names = [f"{n}.jpg" for n in range(12)]
    held_while_sending(page, names)
    expect(page).to_have_url(re.compile(r"#/jobs/"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()

    expect(page.get_by_text("8 files of this upload have not arrived.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(4)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose pictures").click()
    page.unroute(ADDING)
    chooser.value.set_files(files(*names))
    finished(page, 16)
    assert tally(page) == {"done": 12, "already here": 4}


def test_a_reload_and_a_second_tab_follow_the_same_receipt(
    page: Page, stack: Stack, browser: Browser
) -> None:
    stack.stop("worker")
    upload(page, files(*(f"{n}.jpg" for n in range(20))))
    queued = page.get_by_role("button", name="20 queued")
    expect(queued).to_be_visible()

    page.reload()
    expect(queued).to_be_visible()
    with visit(browser, page.url) as other:
        other.goto(page.url)
        expect(other.get_by_role("button", name="20 queued")).to_be_visible()
        assert tally(other) == tally(page) == {"queued": 20}
        stack.start("worker")
        for tab in (page, other):
            finished(tab, 20)
            assert tally(tab) == {"done": 20}
