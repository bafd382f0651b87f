"""The web client's types are made from a copy of the service's own description."""

import json
from pathlib import Path

from api.app import create_app
from infra.settings import Settings

COPY = Path(__file__).parents[3] / "web" / "openapi.json"


def test_the_web_client_knows_the_service_as_it_is() -> None:
    described = create_app(Settings()).openapi()
    # When this fails: `make types`.
    assert json.loads(COPY.read_text(encoding="utf-8")) == json.loads(json.dumps(described))
