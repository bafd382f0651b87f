"""The `gallery` command."""

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from cli import keys
from cli.audit import audit
from infra.bootstrap import start
from infra.settings import Settings

app = typer.Typer(
    help="Run and use the AI Image Gallery Manager.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # local variables may hold secrets
)
app.add_typer(keys.app, name="keys")
app.command()(audit)
# Server images do not contain the client.
if find_spec("gallery_client"):
    app.add_typer(import_module("gallery_client.cli").app)


@app.command()
def run(
    *,
    end_with_parent: Annotated[
        bool, typer.Option(help="Stop when the parent process dies.")
    ] = False,
) -> None:
    """Run the gallery with embedded Postgres and Redis."""
    from infra.embedded.process import end_with_parent as ask_for_signal  # noqa: PLC0415
    from infra.embedded.run import run as run_all  # noqa: PLC0415 (needs the embedded packages)

    if end_with_parent:
        ask_for_signal()
    start("gallery", run_all)


@app.command()
def migrate() -> None:
    """Apply pending database migrations."""
    start("gallery", _migrate)


@app.command()
def api() -> None:
    """Run the API."""
    # Imported by name because the server images contain only one of api and worker.
    import_module("api.__main__").main()


@app.command()
def worker() -> None:
    """Run the workers."""
    import_module("worker.__main__").main()


def _migrate(settings: Settings) -> None:
    from infra.database.migrate import migrate as apply  # noqa: PLC0415

    applied = apply(settings.require_database_url())
    typer.echo(f"Migrations applied: {len(applied)}" if applied else "The schema is up to date.")
