"""The `gallery` commands that use a gallery over HTTP."""

from gallery_client.cli.commands import app

__all__ = ["app"]
