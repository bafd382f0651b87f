"""Who may decide on tags, and what the audit trail keeps of it."""

import psycopg
import pytest
from httpx2 import AsyncClient

from infra.database.queries.api_keys import Scope, create_key
from infra.settings import Settings
from tests.integration.conftest import open_api

pytestmark = pytest.mark.anyio

GOLDEN = "n02099601"


def bearer(settings: Settings, *scopes: Scope) -> dict[str, str]:
    """Create a key, named after its scopes, and return the header that sends it."""
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        return {"Authorization": f"Bearer {create_key(conn, '-'.join(scopes), scopes)}"}


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(("read", "review"), 200), (("read", "manage"), 200), (("review",), 204),
     (("read", "submit"), 403)],
    ids=["review", "manage", "without-read", "submit"],
)  # fmt: skip
async def test_decisions_need_the_scope_review_or_manage(
    client: AsyncClient,
    gallery: dict[str, str],
    settings: Settings,
    scopes: tuple[Scope, ...],
    status: int,
) -> None:
    response = await client.put(
        f"/api/v1/images/{gallery['dog']}/verdicts/{GOLDEN}",
        json={"verdict": "confirmed"},
        headers=bearer(settings, *scopes),
    )

    assert response.status_code == status
    assert ("undo-token" in response.headers) == (status < 300)
    assert bool(response.content) == (status != 204)


async def test_decisions_are_in_the_audit_trail(
    gallery: dict[str, str], settings: Settings
) -> None:
    async with open_api(settings) as (client, background):
        client.headers |= bearer(settings, "read", "manage")
        path = f"/api/v1/images/{gallery['dog']}/verdicts/{GOLDEN}"
        await client.put(path, json={"verdict": "confirmed"})
        await client.put(path, json={"verdict": "rejected"}, headers={"If-Match": '"old"'})
        body = {"tag": GOLDEN, "verdict": "rejected", "ids": list(gallery.values())}
        decided = (await client.post("/api/v1/verdicts", json=body)).json()
        await client.post("/api/v1/verdicts/undo", json={"undo": decided["undo"]})
        assert await background.completed("audit_trail")
        events = (await client.get("/api/v1/audit")).json()["items"][::-1]

    one = {"tag": GOLDEN, "image_ids": [gallery["dog"]]}
    assert [
        (each["event"], each["outcome"], each["count"], each["details"]) for each in events
    ] == [
        ("verdicts.set", "done", 1, one | {"verdict": "confirmed"}),
        ("verdicts.set", "failed", 0, one | {"verdict": "rejected"}),
        ("verdicts.set", "done", 3, {"tag": GOLDEN, "verdict": "rejected"}),
        ("verdicts.undone", "done", 3, {"operation": decided["undo"]}),
    ]
    assert {each["key_name"] for each in events} == {"read-manage"}


async def test_bulk_decision_takes_the_ids_of_many_images(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    ids = [gallery["dog"]] * 10_000  # 400 KB, more than other bodies may have
    body = {"tag": GOLDEN, "verdict": "confirmed", "ids": ids}

    response = await client.post("/api/v1/verdicts", json=body)

    assert response.json()["changed"] == 1
