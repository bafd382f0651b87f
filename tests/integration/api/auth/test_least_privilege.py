"""Keys see and change only what their scopes name, in all responses (S15)."""

from typing import Any

import psycopg
import pytest
from httpx2 import AsyncClient

from infra.database.queries.api_keys import Scope, create_key
from infra.settings import Settings
from tests.support.gallery import CAT, add, classify
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio


@pytest.fixture
async def image_id(client: AsyncClient, settings: Settings) -> str:
    """A classified image, uploaded before there were keys."""
    image_id = await add(client, 1, "secret.jpg")
    classify(settings, image_id, CAT)
    return image_id


@pytest.fixture
def keys(settings: Settings, image_id: str) -> dict[str, dict[str, str]]:
    """Return request headers of keys by name."""
    assert image_id
    scopes: dict[str, list[Scope]] = {
        "manage": ["manage"],
        "submit": ["submit"],
        "other": ["submit"],
        "user": ["read", "submit"],
        "all": ["read", "submit", "manage"],
    }
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        return {
            name: {"Authorization": f"Bearer {create_key(conn, name, given)}"}
            for name, given in scopes.items()
        }


async def submit(client: AsyncClient, headers: dict[str, str], path: str = "jobs") -> Any:
    files = {"files": ("1.jpg", jpeg(1))}
    return await client.post(f"/api/v1/{path}", files=files, headers=headers)


async def test_manage_key_sees_no_image_in_responses(
    client: AsyncClient, keys: dict[str, dict[str, str]], image_id: str
) -> None:
    for operation in ("restore", "retry"):
        path = f"/api/v1/images/{image_id}/{operation}"
        answer = await client.post(path, headers=keys["manage"])
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await client.post(path, headers=keys["all"])).json()["id"] == image_id

    job = (await submit(client, keys["user"])).json()
    for operation in ("retry", "cancel"):
        path = f"/api/v1/jobs/{job['id']}/{operation}"
        assert (await client.post(path, headers=keys["manage"])).json()["items"] == []
        assert (await client.post(path, headers=keys["all"])).json()["items"]


async def test_submit_key_sees_no_predictions_of_a_duplicate(
    client: AsyncClient, keys: dict[str, dict[str, str]]
) -> None:
    for name, expected in (("submit", 0), ("user", 5)):
        job = (await submit(client, keys[name])).json()
        [item] = job["items"]
        assert (item["outcome"], len(item["predictions"])) == ("duplicate", expected)
        more = (await submit(client, keys[name], f"jobs/{job['id']}/images")).json()
        assert [len(each["predictions"]) for each in more["items"]] == [expected]


async def test_submit_key_adds_to_its_own_jobs_only(
    client: AsyncClient, keys: dict[str, dict[str, str]]
) -> None:
    job = (await submit(client, keys["submit"])).json()
    path = f"jobs/{job['id']}/images"

    assert (await submit(client, keys["submit"], path)).status_code == 202
    assert (await submit(client, keys["other"], path)).status_code == 404
    assert (await submit(client, keys["user"], path)).status_code == 202


async def test_key_adds_to_its_job_with_idempotency_key(
    client: AsyncClient, keys: dict[str, dict[str, str]]
) -> None:
    headers = keys["submit"] | {"Idempotency-Key": "once"}
    job = (await submit(client, headers)).json()
    path = f"jobs/{job['id']}/images"

    assert (await submit(client, keys["submit"], path)).status_code == 202
    assert (await submit(client, keys["other"], path)).status_code == 404
