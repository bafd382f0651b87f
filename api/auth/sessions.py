"""Browser sessions: sign in with an API key, and sign out."""

from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from api.auth.access_control import SESSION_COOKIE
from api.auth.audit import AuditDep
from api.auth.scopes import requires
from api.body_size import SIGN_IN_BYTES, accepts_body
from api.dependencies import DatabaseDep
from api.problems import problems
from core.errors import NotAuthenticatedError
from infra.database.queries.api_keys import Scope
from infra.database.queries.sessions import (
    SESSION_LIFETIME,
    begin_session,
    end_session,
    find_by_key,
)

router = APIRouter(prefix="/session", tags=["service"])


class SignIn(BaseModel):
    """API key to sign in with."""

    key: SecretStr = Field(max_length=200, description="The API key.")


class SessionRead(BaseModel):
    """The signed-in API key."""

    name: str = Field(description="Name of the API key.")
    scopes: list[Scope] = Field(description="Scopes of the API key.")


@router.post("", operation_id="beginSession", responses=problems(401, 403, 422, 503))
@requires("public")
@accepts_body(SIGN_IN_BYTES)
async def begin(
    sign_in: SignIn,
    request: Request,
    response: Response,
    database: DatabaseDep,
    audit: AuditDep,
) -> SessionRead:
    """Sign in with an API key. Sets an HttpOnly, SameSite=Strict session cookie.

    A key has at most 20 sessions; a further sign-in ends the oldest one.
    """
    key = sign_in.key.get_secret_value().strip()
    async with database.connection() as conn:
        holder = await find_by_key(conn, key, address=audit.address)
        if holder is None:
            audit.refuse("session.refused", "not-authenticated")
            raise NotAuthenticatedError
        session = await begin_session(conn, holder.id)
    replace(audit, caller=holder).record("session.started")
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure="https" in (request.url.scheme, request.headers.get("x-forwarded-proto")),
    )
    return SessionRead(name=holder.name, scopes=holder.scopes)


@router.delete(
    "",
    operation_id="endSession",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(403, 503),
)
@requires("public")
async def end(request: Request, response: Response, database: DatabaseDep, audit: AuditDep) -> None:
    """Sign out and delete the session cookie. Has no effect without a session."""
    session = request.cookies.get(SESSION_COOKIE)
    if session:
        async with database.connection() as conn:
            if await end_session(conn, session):
                audit.record("session.ended")
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
