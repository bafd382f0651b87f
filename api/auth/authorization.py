"""Authorization subrequests of a reverse proxy, for example nginx's `auth_request`."""

from http import HTTPStatus

from fastapi import APIRouter

from api.auth.scopes import requires

router = APIRouter(prefix="/authorization", tags=["service"])


@router.get("/submit", operation_id="authorizeSubmit", status_code=HTTPStatus.NO_CONTENT)
@requires("submit")
async def authorize_submit() -> None:
    """Respond with 204 if the client may upload, so that a proxy need not read the upload first."""
