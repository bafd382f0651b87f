"""Print the OpenAPI document: `python -m api.openapi`.

`make types` stores it as `web/openapi.json` and generates the types of the web client from it.
"""

import json
import sys

from api.app import create_app
from infra.settings import Settings


def describe() -> str:
    """Return the OpenAPI document as indented JSON."""
    return json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(describe())
