"""The built web client, served beside the API where no nginx does it."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles


def add_web_client(app: FastAPI, folder: Path) -> None:
    """Serve the client at the root, if it has been built."""
    if (folder / "index.html").is_file():
        app.mount("/", StaticFiles(directory=folder, html=True), name="web")
