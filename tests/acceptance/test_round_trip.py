"""What a person does: upload, watch, look, search, delete, take out."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.acceptance.person import cards, files, open_view, upload
from tests.pictures import jpeg
from tests.stack import Stack

NAMES = ("lake.jpg", "street.jpg", "table.jpg")


@pytest.fixture
def gallery(page: Page, stack: Stack) -> dict[str, dict[str, float]]:
    """Three uploaded pictures and their tags, as the API tells them."""
    job = stack.post_files(*((name, jpeg(seed)) for seed, name in enumerate(NAMES, start=1)))
    items = stack.wait_for_job(job["id"])["items"]
    page.goto("/#/gallery")
    return {
        item["name"]: {each["label"]: each["score"] for each in item["predictions"]}
        for item in items
    }


def test_a_person_uploads_pictures_and_sees_their_tags(page: Page, stack: Stack) -> None:
    broken = FilePayload(name="broken.jpg", mimeType="image/jpeg", buffer=jpeg(9)[:3000])
    upload(page, [*files(*NAMES), broken])

    main = page.get_by_role("main")
    expect(main.get_by_text("Done", exact=True)).to_have_count(3, timeout=30_000)
    expect(main.get_by_text("The file ends before the picture does.")).to_be_visible()
    job = stack.get("/api/v1/jobs")["items"][0]
    assert (job["counts"]["done"], job["counts"]["failed"]) == (3, 1)
    for item in stack.get(f"/api/v1/jobs/{job['id']}")["items"][:3]:
        best = item["predictions"][0]["label"].replace("_", " ")
        expect(main.get_by_text(best).first).to_be_visible()


def test_the_gallery_shows_all_and_opens_to_five_tags(
    page: Page, gallery: dict[str, dict[str, float]]
) -> None:
    expect(page.get_by_role("heading", name="lake.jpg")).to_be_visible()
    assert cards(page) == list(NAMES)[::-1]

    page.get_by_role("button", name=re.compile("All tags of lake.jpg")).click()
    card = page.get_by_role("article").filter(has=page.get_by_role("heading", name="lake.jpg"))
    for label in gallery["lake.jpg"]:
        expect(card.get_by_text(label.replace("_", " "), exact=True).last).to_be_visible()


def test_a_search_finds_highlights_and_counts(
    page: Page, gallery: dict[str, dict[str, float]]
) -> None:
    label = next(iter(gallery["lake.jpg"]))
    expected = {name for name, tags in gallery.items() if label in tags}
    open_view(page, "Search & Export")
    page.get_by_role("combobox", name="Search tags").fill(label.replace("_", " "))
    page.keyboard.press("Enter")

    expect(page.locator("mark").first).to_be_visible()
    count = re.compile(rf"^{len(expected)} picture")
    expect(page.get_by_role("status").filter(has_text=count)).to_be_visible()
    assert set(cards(page)) == expected


@pytest.mark.usefixtures("gallery")
def test_a_deleted_picture_is_gone_and_can_be_brought_back(page: Page) -> None:
    page.get_by_role("button", name="Delete street.jpg").click()
    expect(page.get_by_role("heading", name="street.jpg")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("heading", name="street.jpg")).to_be_visible()


def test_the_gallery_is_cleared_only_after_asking(
    page: Page, stack: Stack, gallery: dict[str, dict[str, float]]
) -> None:
    page.get_by_role("button", name="Clear gallery").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert stack.get("/api/v1/images")["total"] == len(gallery)
    dialog.get_by_role("button", name=re.compile("^(Clear|Move|Delete)")).click()

    expect(page.get_by_role("heading", name="street.jpg")).to_have_count(0)
    assert stack.get("/api/v1/images")["total"] == 0


def test_the_downloaded_csv_is_the_apis(
    page: Page, gallery: dict[str, dict[str, float]], tmp_path: Path
) -> None:
    open_view(page, "Search & Export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    path = tmp_path / "export.csv"
    download.value.save_as(path)

    with path.open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(gallery)
    for name, tags in gallery.items():
        ranked = [(rows[name][f"Label {n}"], rows[name][f"Score {n}"]) for n in range(1, 6)]
        assert ranked == [(label, f"{score * 100:.2f}%") for label, score in tags.items()]


def test_no_view_loads_anything_from_elsewhere(
    page: Page, stack: Stack, gallery: dict[str, dict[str, float]]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("Upload & Classify", "Gallery", "Search & Export"):
        open_view(page, name)
        page.wait_for_load_state("networkidle")
    page.goto("/docs")
    expect(page.get_by_text("/api/v1/jobs", exact=True).first).to_be_visible()

    assert len(gallery) == 3
    assert [url for url in asked if not url.startswith((stack.url, "data:", "blob:"))] == []
