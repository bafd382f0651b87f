"""The service's own description, as the web client keeps a copy of it: `make types`."""

import json
import sys

from api.app import create_app
from infra.settings import Settings


def describe() -> str:
    return json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(describe())
