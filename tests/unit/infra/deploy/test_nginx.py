"""The nginx configuration agrees with the limits and problems of the API."""

import json
import re
from pathlib import Path

import pytest

from api.exception_handlers import PROBLEMS
from infra.settings import Settings
from tests.support.paths import DEPLOY

FOLDER = DEPLOY / "nginx"
CONFIGURATION = FOLDER / "nginx.conf"


def test_nginx_accepts_the_largest_request() -> None:
    found = re.search(r"client_max_body_size (\d+)m;", CONFIGURATION.read_text())

    assert found is not None
    assert int(found[1]) * 2**20 > Settings().max_request_bytes


@pytest.mark.parametrize(
    "file", sorted((FOLDER / "problems").iterdir()), ids=lambda file: file.stem
)
def test_problem_type_of_nginx_is_one_of_the_api(file: Path) -> None:
    problem = json.loads(file.read_text())
    kinds = {(status.value, f"/problems/{kind}") for status, kind in PROBLEMS.values()}

    assert (problem["status"], problem["type"]) in kinds
