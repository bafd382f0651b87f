"""Static files of the built web client, for installations without nginx."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

# The client contains no inline code and loads nothing from other origins.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # the icons of the documentation page
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{name} {sources}" for name, sources in _SOURCES.items())
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def has_docs(folder: Path) -> bool:
    """Return whether the built client contains the self-contained API documentation page."""
    return (folder / "docs" / "index.html").is_file()


def add_web_client(app: FastAPI, folder: Path) -> None:
    """Serve the client at `/` if it has been built."""
    if (folder / "index.html").is_file():
        app.mount("/", _Client(directory=folder, html=True), name="web")


class _Client(StaticFiles):
    """Static files with security and cache headers.

    Names of files under `assets/` contain a hash of the content, so browsers may cache these files
    for ever. All others are revalidated.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        is_hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        )
        return response
