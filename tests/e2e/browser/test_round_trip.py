"""What a person came for: hand over pictures, get tags."""

from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.browser.actions import files, upload
from tests.support.images import jpeg
from tests.support.processes import Stack

NAMES = ("lake.jpg", "street.jpg", "table.jpg")


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
