"""The web client's types are made from a copy of the service's own description."""

import json
import re
from typing import Any

import jsonschema
import pytest

from api.app import create_app
from api.auth.scopes import PUBLIC
from api.openapi.examples import EXAMPLES
from infra.settings import Settings
from tests.support.paths import ROOT

DESCRIBED = create_app(Settings()).openapi()
OPERATIONS = [each for methods in DESCRIBED["paths"].values() for each in methods.values()]
SCHEMAS = DESCRIBED["components"]["schemas"]
COPY = ROOT / "web" / "openapi.json"


def test_the_web_client_knows_the_service_as_it_is() -> None:
    # When this fails: `make types`.
    assert json.loads(COPY.read_text(encoding="utf-8")) == json.loads(json.dumps(DESCRIBED))


def name_of(operation: Any) -> str:
    return str(operation["operationId"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_every_operation_says_what_it_does_and_takes(operation: Any) -> None:
    assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", operation["operationId"])
    assert operation["summary"][0].isupper()
    assert len(operation["summary"]) < 100
    assert len(operation["tags"]) == 1
    for parameter in operation.get("parameters", []):
        assert parameter.get("description"), parameter["name"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_every_operation_says_how_it_may_fail(operation: Any) -> None:
    answers = operation["responses"]
    for status, answer in answers.items():
        assert answer["description"]
        if int(status) >= 400 and name_of(operation) != "getReadiness":
            assert list(answer["content"]) == ["application/problem+json"], status
            assert "`/problems/" in answer["description"]
    if "requestBody" in operation:
        assert {"408", "413"} <= answers.keys()
    if name_of(operation) not in PUBLIC:
        assert {"401", "403", "429", "500"} <= answers.keys()
        assert operation["security"]


def test_operations_have_names_of_their_own() -> None:
    assert len({name_of(each) for each in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_shape_and_field_is_described(name: str) -> None:
    shape = SCHEMAS[name]
    # What is a shape of its own is described there.
    dumb = [
        field
        for field, described in shape.get("properties", {}).items()
        if "description" not in described and "$ref" not in described
    ]

    assert shape.get("description"), name
    assert not dumb


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_what_they_stand_for(name: str) -> None:
    validator = jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": DESCRIBED["components"]}
    )

    assert [error.message for error in validator.iter_errors(EXAMPLES[name])] == []
    assert SCHEMAS[name]["examples"] == [EXAMPLES[name]]
