"""Download exports."""

from typing import Any

from httpx2 import AsyncClient, Response


async def export(client: AsyncClient, **parameters: Any) -> Response:
    """Return the response of `GET /export` with these parameters; fail if it is not 200."""
    response = await client.get("/api/v1/export", params=parameters)
    assert response.status_code == 200, response.text
    return response
