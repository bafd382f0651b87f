import re
from pathlib import Path

from infra.settings import Settings

CONFIGURATION = Path(__file__).resolve().parents[3] / "infra" / "nginx" / "nginx.conf"


def test_nginx_lets_the_largest_request_through() -> None:
    found = re.search(r"client_max_body_size (\d+)m;", CONFIGURATION.read_text())

    assert found is not None
    assert int(found[1]) * 2**20 > Settings().max_request_bytes
