"""Responses of the running service conform to its OpenAPI document."""

import subprocess
import sys
from pathlib import Path

import psycopg

from infra.database.queries.api_keys import Scope, create_key
from infra.settings import Settings
from tests.support.processes import running_stack

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",  # repeats requests without a key and with a wrong one; expects 401
)
SCOPES: tuple[Scope, ...] = ("read", "submit", "review", "manage")


def test_responses_conform_to_openapi_document(settings: Settings, tmp_path: Path) -> None:
    """Schemathesis sends valid and invalid requests to every operation, with an API key."""
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "contract", SCOPES)
    # Schemathesis exceeds the rate limit of one key.
    with running_stack(settings, tmp_path, workers=0, GALLERY_RATE_LIMIT_KEY="0") as stack:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{stack.url}/openapi.json"]
        command += ["--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing"]
        command += ["--header", f"Authorization: Bearer {key}"]
        # A long poll takes up to 25 s.
        command += ["--max-examples", "10", "--seed", "1", "--request-timeout", "40"]
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
