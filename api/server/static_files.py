"""The built web client, served beside the API where no nginx does it."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

# The client brings nothing inline and nothing from elsewhere, so nothing else is let in.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # the documentation's icons
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{what} {whence}" for what, whence in _SOURCES.items())
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def has_docs(folder: Path) -> bool:
    """Whether the built client brings the documentation's page, which then needs no internet."""
    return (folder / "docs" / "index.html").is_file()


def add_web_client(app: FastAPI, folder: Path) -> None:
    """Serve the client at the root, if it has been built."""
    if (folder / "index.html").is_file():
        app.mount("/", _Client(directory=folder, html=True), name="web")


class _Client(StaticFiles):
    """Files under `assets/` carry their hash in their name and never change; the others may."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if hashed else "no-cache"
        )
        return response
