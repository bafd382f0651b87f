"""Upload images and see their tags."""

from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.browser.actions import make_files, upload_files
from tests.support.images import jpeg
from tests.support.processes import Stack

NAMES = ("lake.jpg", "street.jpg", "table.jpg")


def test_uploaded_images_show_their_tags_and_failures(page: Page, stack: Stack) -> None:
    broken = FilePayload(name="broken.jpg", mimeType="image/jpeg", buffer=jpeg(9)[:3000])
    upload_files(page, [*make_files(*NAMES), broken])

    main = page.get_by_role("main")
    expect(main.get_by_text("Done", exact=True)).to_have_count(3, timeout=30_000)
    expect(main.get_by_text("This file is cut off. Upload it again from")).to_be_visible()
    job = stack.get("/api/v1/jobs")["items"][0]
    assert (job["counts"]["done"], job["counts"]["failed"]) == (3, 1)
    for item in stack.get(f"/api/v1/jobs/{job['id']}")["items"][:3]:
        top_tag = item["predictions"][0]["label"].replace("_", " ")
        expect(main.get_by_text(top_tag).first).to_be_visible()
