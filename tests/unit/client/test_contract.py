"""The client uses operations, parameters and fields that `web/openapi.json` has."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gallery_client import AsyncGallery, Gallery, models, operations
from pydantic.json_schema import models_json_schema

from tests.support.paths import ROOT

DOCUMENT = json.loads((ROOT / "web" / "openapi.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
ARGUMENTS: dict[str, Any] = {
    "job_id": "1", "image_id": "1", "ids": ["1"], "hashes": ["a"], "prefix": "", "files": [],
    "idempotency_key": "k", "status": None, "file_format": "csv", "cursor": None, "limit": 1,
    "wait": 1, "items": "all",
}  # fmt: skip
FILTERS = {
    "list_images": ["q", "min_score", "status", "sort", "deleted", "cursor", "limit"],
    "export_images": ["q", "min_score"],
}
BUILDERS = [
    function
    for name, function in vars(operations).items()
    if inspect.isfunction(function)
    and function.__module__ == operations.__name__
    and not name.startswith("_")
]
MODELS = [
    each
    for each in vars(models).values()
    if inspect.isclass(each) and issubclass(each, models.Model) and each is not models.Model
]


def request_of(build: Callable[..., operations.Request[Any]]) -> operations.Request[Any]:
    names = [
        parameter.name
        for parameter in inspect.signature(build).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    filters = dict.fromkeys(FILTERS.get(build.__name__, []), 1)
    return build(**{name: ARGUMENTS[name] for name in names}, **filters)


def operation_of(request: operations.Request[Any]) -> Any:
    return DOCUMENT["paths"][operations.PREFIX + request.path][request.method.lower()]


def body_schema(operation: Any, media_type: str) -> Any:
    schema = operation["requestBody"]["content"][media_type]["schema"]
    return SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_every_request_is_an_operation_with_these_parameters(
    build: Callable[..., operations.Request[Any]],
) -> None:
    request = request_of(build)
    operation = operation_of(request)
    parameters = {(each["in"], each["name"]) for each in operation.get("parameters", [])}

    assert operation["operationId"] == request.operation
    assert {("path", name) for name in request.names} <= parameters
    assert {("query", name) for name in request.query} <= parameters
    assert {("header", name) for name in request.headers} <= parameters
    if request.body is not None:
        assert (
            request.body.keys() <= body_schema(operation, "application/json")["properties"].keys()
        )


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_every_response_is_of_the_model_of_the_request(
    build: Callable[..., operations.Request[Any]],
) -> None:
    request = request_of(build)
    [answer] = [
        each for code, each in operation_of(request)["responses"].items() if code.startswith("2")
    ]
    content = answer["content"]
    if request.model in MODELS:
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert request.model.model_config["title"] == name
    else:
        assert "application/json" not in content


def test_multipart_field_of_uploads_is_named_files() -> None:
    for request in (
        request_of(operations.create_job),
        request_of(operations.add_images),
    ):
        assert "files" in body_schema(operation_of(request), "multipart/form-data")["properties"]


def shape(schema: Any, definitions: Any) -> Any:
    """Return the types of a schema: names, arrays and nullability, without descriptions."""
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return target.get("title", schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return sorted(str(shape(each, definitions)) for each in schema["anyOf"])
    if "allOf" in schema:
        return shape(schema["allOf"][0], definitions)
    if schema.get("type") == "array":
        return f"array of {shape(schema['items'], definitions)}"
    return schema.get("enum") or schema.get("type")


def fields() -> Iterator[Any]:
    keys, document = models_json_schema([(each, "serialization") for each in MODELS])
    definitions = document["$defs"]
    for model in MODELS:
        own = definitions[keys[model, "serialization"]["$ref"].rpartition("/")[2]]
        for name, schema in own["properties"].items():
            label = f"{model.__name__}.{name}"
            yield pytest.param(model, name, shape(schema, definitions), id=label)


@pytest.mark.parametrize(("model", "name", "expected"), list(fields()))
def test_every_field_of_a_model_is_in_the_schema_with_its_type(
    model: type[models.Model], name: str, expected: Any
) -> None:
    schema = SCHEMAS[str(model.model_config["title"])]

    assert name in schema["required"]
    found = shape(schema["properties"][name], SCHEMAS)
    is_enum = isinstance(found, list)
    assert found == expected or (is_enum and expected == "string")


def test_both_clients_have_the_same_methods_and_parameters() -> None:
    def methods(client: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(function).parameters)
            for name, function in vars(client).items()
            if inspect.isfunction(function) and not name.startswith("_")
        }

    assert methods(Gallery) == methods(AsyncGallery)
