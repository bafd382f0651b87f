"""Complete the OpenAPI document that FastAPI generates.

FastAPI derives operations and schemas from the code. This module adds descriptions, examples,
headers, security schemes and problem responses.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from api.auth.scopes import Access
from api.exception_handlers import PROBLEMS
from api.openapi.descriptions import DESCRIPTIONS, SCHEMA_DESCRIPTIONS
from api.openapi.examples import EXAMPLES
from core.media_types import MEDIA_TYPES

Description = dict[str, Any]

INTRODUCTION: Final = """
Upload images; the service tags each with its five most likely ImageNet classes. Search the gallery
by tag and export it.

Upload files with `POST /api/v1/jobs`, poll the returned job until it is done, and read the images.
Errors are RFC 9457 problems (`application/problem+json`). See docs/reference/api.md for complete
workflows.
"""

TAGS: Final = {
    "jobs": "Upload images and follow their classification.",
    "images": "Search, read, delete, restore and reclassify images.",
    "verdicts": "Decisions of people on the tags of images.",
    "tags": "Tags of images: ImageNet classes and WordNet categories.",
    "export": "Download search results as a file.",
    "keys": "API keys, and the audit trail of what they did.",
    "service": "Limits, status and browser sessions.",
    "operations": "Health checks and metrics for operators.",
}

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
# Response content of operations that do not return JSON.
_CONTENT: Final[dict[str, dict[str, Any]]] = {
    "getOriginal": dict.fromkeys(MEDIA_TYPES, _BINARY),
    "getThumbnail": {"image/jpeg": _BINARY},
    "getMetrics": {"text/plain": {"schema": {"type": "string"}}},
}

_SECONDS: Final = {"type": "integer", "minimum": 0}
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "X-Request-ID": {
        "description": "Id of the request in the service's logs.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'Limit and window in seconds: `"per-minute";q=600;w=60`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "Remaining requests and seconds until the window ends: "
        '`"per-minute";r=599;t=42`.',
        "schema": {"type": "string"},
    },
    "RateLimit-Limit": {
        "description": "Requests permitted per minute, of the limit (per key or per address) that "
        "is closer to being reached.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Remaining": {
        "description": "Requests remaining in the current minute.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Reset": {
        "description": "Seconds until the current minute ends.",
        "schema": _SECONDS,
    },
    "Retry-After": {"description": "Seconds to wait before the next request.", "schema": _SECONDS},
    "Location": {
        "description": "Path of the created job.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Undo-Token": {
        "description": "Token for `POST /verdicts/undo`, valid for a day.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "ETag": {
        "description": "Identifies this state of the object, for `If-None-Match` or `If-Match`.",
        "schema": {"type": "string"},
    },
}
_RATE: Final = (
    "RateLimit-Policy",
    "RateLimit",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
)
_OWN_HEADERS: Final = {
    ("createJob", "202"): ("Location", "Retry-After"),
    ("getJob", "200"): ("ETag",),
    ("getJob", "304"): ("ETag",),
    ("getImage", "200"): ("ETag",),
    ("decideTag", "200"): ("ETag", "Undo-Token"),
    ("withdrawVerdict", "200"): ("ETag", "Undo-Token"),
    ("getThumbnail", "200"): ("ETag",),
    ("getThumbnail", "304"): ("ETag",),
}
# Problems of every operation with a request body: the body arrives too slowly, or is too large.
_BODY_STATUSES: Final = ("408", "413")
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRYABLE: Final = {
    str(int(s)) for s in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
}


def enrich(description: Description, access: Mapping[str, Access | None]) -> Description:
    """Add descriptions, examples, headers and security schemes to an OpenAPI document in place.

    Args:
        description: the document that FastAPI generates.
        access: what each operation requires, by operation id.
    """
    components = description["components"]
    components["headers"] = _HEADERS
    components["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "API key from `gallery keys create`. Not required while the gallery "
            "has no keys.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "gallery_session",
            "description": "Session cookie of a browser, from `POST /api/v1/session`.",
        },
    }
    for name, schema in components["schemas"].items():
        _enrich_schema(name, schema)
    for name, example in EXAMPLES.items():
        components["schemas"][name]["examples"] = [example]
    description["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    for methods in description["paths"].values():
        for operation in methods.values():
            _enrich_operation(operation, access[operation["operationId"]])
    return description


def _enrich_operation(operation: Description, access: Access | None) -> None:
    name = operation["operationId"]
    operation["summary"] = _first_sentence(operation["description"])
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in DESCRIPTIONS:
            parameter.setdefault("description", DESCRIPTIONS[parameter["name"]])
    is_public = access == "public"
    if is_public:
        operation["security"] = []
    else:
        operation["security"] = [{"key": []}, {"session": []}]
        operation["description"] += f"\n\nRequires an API key with the scope `{access}`."
    if "requestBody" in operation:
        for status in _BODY_STATUSES:
            operation["responses"].setdefault(status, {"content": dict(_PROBLEM)})
    for status, response in operation["responses"].items():
        _enrich_response(name, status, response, is_public=is_public)


def _enrich_schema(name: str, schema: Description) -> None:
    if name in SCHEMA_DESCRIPTIONS:
        schema.setdefault("description", SCHEMA_DESCRIPTIONS[name])
    for field, described in schema.get("properties", {}).items():
        if field in DESCRIPTIONS and "$ref" not in described:
            described.setdefault("description", DESCRIPTIONS[field])


def _enrich_response(name: str, status: str, response: Description, *, is_public: bool) -> None:
    content = response.get("content", {})
    if status == "200" and name in _CONTENT:
        response["content"] = _CONTENT[name]
    problem = content.get("application/problem+json")
    if problem:
        content.pop("application/json", None)
        kinds = [kind for known, kind in PROBLEMS.values() if known == int(status)]
        response["description"] = " or ".join(
            f"`/problems/{kind}`" for kind in dict.fromkeys([*kinds, *_MORE_KINDS.get(status, ())])
        )
    names = ["X-Request-ID", *_OWN_HEADERS.get((name, status), ())]
    names += () if is_public else _RATE
    names += ["Retry-After"] if problem and status in _RETRYABLE else []
    response["headers"] = {
        each: {"$ref": f"#/components/headers/{each}"} for each in dict.fromkeys(names)
    }


_MORE_KINDS: Final = {"400": ("query-syntax",), "429": ("rate-limited",), "500": ("internal",)}


def _first_sentence(text: str) -> str:
    """Return the text before the first full stop, semicolon or colon, for the summary."""
    first = text.strip().split("\n\n")[0].replace("\n", " ")
    for separator in (". ", "; ", ": "):
        first = first.split(separator)[0]
    return first.rstrip(".")
