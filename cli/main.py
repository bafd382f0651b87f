"""The `gallery` command."""

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from cli import keys
from infra.bootstrap import start
from infra.settings import Settings

app = typer.Typer(
    help="AI Image Gallery Manager: pictures in, five tags out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they would print secrets
)
app.add_typer(keys.app, name="keys")
# Machines that only serve have neither the folder nor what it needs.
if find_spec("client") and find_spec("httpx"):
    app.add_typer(import_module("client.commands").app)


@app.command()
def run(
    *,
    end_with_parent: Annotated[
        bool, typer.Option(help="Stop when the process that started this one dies.")
    ] = False,
) -> None:
    """Run everything on this machine: Postgres, Redis, storage, API, web client and workers."""
    from infra.embedded.process import end_with_parent as ask_for_signal  # noqa: PLC0415
    from infra.embedded.run import run as run_all  # noqa: PLC0415 (needs the embedded packages)

    if end_with_parent:
        ask_for_signal()
    start("gallery", run_all)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    start("gallery", _migrate)


@app.command()
def api() -> None:
    """Run the API alone."""
    # By name: infra knows neither api nor worker, it only starts them.
    import_module("api.__main__").main()


@app.command()
def worker() -> None:
    """Run workers alone."""
    import_module("worker.__main__").main()


def _migrate(settings: Settings) -> None:
    from infra.database.migrate import migrate as apply  # noqa: PLC0415

    applied = apply(settings.require_database_url())
    typer.echo(f"{len(applied)} migrations applied." if applied else "Nothing to do.")
