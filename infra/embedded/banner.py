"""Banner of `gallery run`: how to reach the gallery, what it uses, and how to stop it."""

import time
from pathlib import Path

import psycopg

from infra.database.queries.sessions import HAS_KEYS
from infra.database.queries.workers import LIST_LIVE_WORKERS, LIVE_FOR
from infra.settings import Settings

# Loading a compiled model takes about 3 s, compiling one 20 s or more.
_MODEL_SECONDS = 5


def make_banner(settings: Settings, data_dir: Path, database_url: str) -> str:
    """Return the banner. Waits up to 5 s until a worker has reported the state of the model."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        facts = {
            "Data": str(data_dir),
            "Workers": str(settings.workers),
            "Model": _describe_model(conn),
            "API keys": _describe_keys(conn),
            "Logs": str(data_dir / "logs"),
            "Stop": "Ctrl+C",
        }
    lines = [f"  {name + ':':<10}{value}\n" for name, value in facts.items()]
    return f"\nThe gallery is at http://{settings.host}:{settings.port}\n\n{''.join(lines)}\n"


def _describe_model(conn: psycopg.Connection) -> str:
    deadline = time.monotonic() + _MODEL_SECONDS
    while time.monotonic() < deadline:
        for _id, state, detail, model in conn.execute(LIST_LIVE_WORKERS, {"alive_for": LIVE_FOR}):
            if state == "ready":
                return str(model)
            if state != "preparing":
                return f"not available. {detail} Until then, uploads wait."
        time.sleep(0.1)
    return "being prepared; until it is ready, uploads wait"


def _describe_keys(conn: psycopg.Connection) -> str:
    if conn.execute(HAS_KEYS).fetchone() == (True,):
        return "required"
    return "not required; `gallery keys create NAME` creates the first and requires them"
