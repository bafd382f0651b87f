"""Completeness of the OpenAPI document, and the copy that the web client is generated from."""

import json
import re
from typing import Any

import jsonschema
import pytest

from api.app import create_app
from api.auth.scopes import access_by_operation
from api.openapi.examples import EXAMPLES
from infra.settings import Settings
from tests.support.paths import ROOT

APP = create_app(Settings())
DOCUMENT = APP.openapi()
ACCESS = access_by_operation(APP.routes)
OPERATIONS = [each for methods in DOCUMENT["paths"].values() for each in methods.values()]
SCHEMAS = DOCUMENT["components"]["schemas"]
COPY = ROOT / "web" / "openapi.json"


def test_copy_for_web_client_is_current() -> None:
    # Run `make types` if this fails.
    assert json.loads(COPY.read_text(encoding="utf-8")) == json.loads(json.dumps(DOCUMENT))


def name_of(operation: Any) -> str:
    return str(operation["operationId"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_operation_has_summary_and_described_parameters(operation: Any) -> None:
    assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", operation["operationId"])
    assert operation["summary"][0].isupper()
    assert len(operation["summary"]) < 100
    assert len(operation["tags"]) == 1
    for parameter in operation.get("parameters", []):
        assert parameter.get("description"), parameter["name"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_operation_documents_its_problems(operation: Any) -> None:
    responses = operation["responses"]
    for status, response in responses.items():
        assert response["description"]
        if int(status) >= 400 and name_of(operation) != "getReadiness":
            assert list(response["content"]) == ["application/problem+json"], status
            assert "`/problems/" in response["description"]
    if "requestBody" in operation:
        assert {"408", "413"} <= responses.keys()
    if ACCESS[name_of(operation)] != "public":
        assert {"401", "403", "429", "500"} <= responses.keys()
        assert operation["security"]


def test_operation_ids_are_unique() -> None:
    assert len({name_of(each) for each in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_and_fields_have_descriptions(name: str) -> None:
    schema = SCHEMAS[name]
    # The description of a referenced schema is in that schema.
    undescribed = [
        field
        for field, described in schema.get("properties", {}).items()
        if "description" not in described and "$ref" not in described
    ]

    assert schema.get("description"), name
    assert not undescribed


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_conforms_to_its_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    )

    assert [error.message for error in validator.iter_errors(EXAMPLES[name])] == []
    assert SCHEMAS[name]["examples"] == [EXAMPLES[name]]
