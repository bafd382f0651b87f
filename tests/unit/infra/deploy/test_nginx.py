"""The nginx configuration agrees with the limits and problems of the API."""

import json
import re
from pathlib import Path

import pytest
import yaml

from api.exception_handlers import PROBLEMS
from infra.settings import Settings
from tests.support.paths import DEPLOY

FOLDER = DEPLOY / "nginx"
CONFIGURATION = (FOLDER / "nginx.conf").read_text()
# The body of the location of uploads.
UPLOADS = CONFIGURATION.partition("location ~ ^/api/v1/jobs")[2].partition("\n        }")[0]


def value(pattern: str, text: str = CONFIGURATION) -> int:
    found = re.search(pattern, text)
    assert found is not None
    return int(found[1])


def test_nginx_accepts_the_largest_request() -> None:
    assert value(r"client_max_body_size (\d+)m;", UPLOADS) * 2**20 > Settings().max_request_bytes


def test_spool_of_kubernetes_has_room_for_all_uploads_that_nginx_accepts() -> None:
    """S5: uploads were buffered into an unlimited volume."""
    web = next(yaml.safe_load_all((DEPLOY / "k8s" / "base" / "web.yaml").read_text()))
    volumes = web["spec"]["template"]["spec"]["volumes"]
    [spool] = [each["emptyDir"] for each in volumes if each["name"] == "spool"]
    accepted = value(r"limit_conn spool (\d+);", UPLOADS)
    largest = value(r"client_max_body_size (\d+)m;", UPLOADS)

    assert spool["sizeLimit"] == "8Gi"
    assert accepted * largest * 2**20 < 8 * 2**30


def test_uploads_are_authenticated_and_limited_before_they_are_spooled() -> None:
    """S5: nginx read 258 MB of every request before the API refused it."""
    assert "auth_request /authorize-upload;" in UPLOADS
    assert "limit_conn uploads" in UPLOADS
    assert CONFIGURATION.count("proxy_request_buffering on;") == UPLOADS.count(
        "proxy_request_buffering on;"
    )


def test_query_strings_are_not_logged() -> None:
    """S20: they contain searches and file names."""
    [log_format] = re.findall(r"log_format .*?;", CONFIGURATION, re.DOTALL)

    assert "$path" in log_format
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", log_format)
    assert "error_log /dev/stderr crit;" in CONFIGURATION


@pytest.mark.parametrize("path", ["nginx/nginx.conf", "nginx/trusted_proxies.conf"])
def test_no_network_is_trusted_by_default(path: str) -> None:
    """S20: every client of 10.0.0.0/8 could choose its address."""
    code = re.sub(r"#.*", "", (DEPLOY / path).read_text())

    assert "set_real_ip_from" not in code


@pytest.mark.parametrize(
    "file", sorted((FOLDER / "problems").iterdir()), ids=lambda file: file.stem
)
def test_problem_type_of_nginx_is_one_of_the_api(file: Path) -> None:
    problem = json.loads(file.read_text())
    kinds = {(status.value, f"/problems/{kind}") for status, kind in PROBLEMS.values()}

    assert (problem["status"], problem["type"]) in kinds | {(429, "/problems/rate-limited")}
