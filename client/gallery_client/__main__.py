"""Entry point of the `gallery` command; also `python -m gallery_client`."""

from importlib.metadata import entry_points

from gallery_client.cli import app


def main() -> None:
    """Run the client's commands, or the server's `gallery`, which includes them, if installed."""
    server = next(iter(entry_points(group="gallery_client.server")), None)
    (server.load() if server else app)()


if __name__ == "__main__":
    main()
