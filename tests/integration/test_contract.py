"""Whatever the running service is asked, it answers as its own description says."""

import subprocess
import sys
from pathlib import Path

from infra.settings import Settings
from tests.stack import running_stack

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def test_every_answer_fits_the_description(settings: Settings, tmp_path: Path) -> None:
    """Schemathesis makes up requests, good and bad, for every operation."""
    with running_stack(settings, tmp_path, workers=0) as stack:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{stack.url}/openapi.json"]
        command += ["--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing"]
        # A long poll may last 25 s.
        command += ["--max-examples", "10", "--seed", "1", "--request-timeout", "40"]
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
