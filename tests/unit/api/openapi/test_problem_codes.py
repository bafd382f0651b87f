"""Finding C5: examples and the service name rejections by the same codes."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support.paths import ROOT


def example_codes(node: Any) -> Iterator[str]:
    """Yield the codes of all reasons in examples of the OpenAPI document."""
    if isinstance(node, dict):
        if {"code", "detail"} <= node.keys() and isinstance(node["code"], str):
            yield node["code"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from example_codes(each)


def test_codes_in_examples_are_sent_by_the_service() -> None:
    published = set(example_codes(json.loads((ROOT / "web" / "openapi.json").read_text())))
    modules = [ROOT / "api" / "uploads" / "validation.py", *(ROOT / "worker").rglob("*.py")]
    sent = {
        code for path in modules for code in re.findall(r'"([a-z]+(?:_[a-z]+)*)"', path.read_text())
    }

    assert published
    assert published - sent == set()
