"""The service's description, for people who read it and programs that are made from it.

FastAPI derives calls and shapes from the code; what it cannot know is added here.
"""

from http import HTTPStatus
from typing import Any, Final

from api.auth.scopes import PUBLIC, SCOPES
from api.openapi.descriptions import DESCRIPTIONS, SCHEMA_DESCRIPTIONS
from api.openapi.examples import EXAMPLES
from api.problems import PROBLEMS
from core.media_types import MEDIA_TYPES

Description = dict[str, Any]

INTRODUCTION: Final = """
Hand over pictures, get back for each the five most likely ImageNet tags, in a gallery that can be
searched by tag and exported.

Submit files with `POST /api/v1/jobs`, follow the job it answers with, and read the pictures.
Everything that goes wrong is an RFC 9457 problem (`application/problem+json`). docs/api.md tells
how the calls belong together.
"""

TAGS: Final = {
    "jobs": "Submissions: send pictures, follow what becomes of them.",
    "images": "The gallery: search, look, put in the trash and take out again.",
    "tags": "What pictures show.",
    "export": "The gallery as a file.",
    "service": "What the service takes, how it stands, and signing in.",
    "operations": "For those who run it.",
}

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
# What answers are made of that are no JSON.
_CONTENT: Final[dict[str, dict[str, Any]]] = {
    "getOriginal": dict.fromkeys(MEDIA_TYPES, _BINARY),
    "getThumbnail": {"image/jpeg": _BINARY},
    "getMetrics": {"text/plain": {"schema": {"type": "string"}}},
}

_SECONDS: Final = {"type": "integer", "minimum": 0}
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "X-Request-ID": {
        "description": "What the service's log calls this request.",
        "schema": {"type": "string"},
    },
    "RateLimit-Limit": {
        "description": "Requests a minute, of the nearer of the two limits.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Remaining": {
        "description": "Requests that are left of them.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Reset": {"description": "Seconds until the minute is over.", "schema": _SECONDS},
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": _SECONDS},
    "Location": {
        "description": "The job.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {"description": "Names this state of it.", "schema": {"type": "string"}},
}
_RATE: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_OWN_HEADERS: Final = {
    ("createJob", "202"): ("Location", "Retry-After"),
    ("getJob", "200"): ("ETag",),
    ("getJob", "304"): ("ETag",),
    ("getThumbnail", "200"): ("ETag",),
    ("getThumbnail", "304"): ("ETag",),
}
# Of every route that takes a body: it is too large, or stops coming.
_BODY_REFUSED: Final = ("408", "413")
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_WAITING: Final = {
    str(int(s)) for s in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
}


def enrich(description: Description) -> Description:
    """Add to FastAPI's description what makes it worth reading."""
    components = description["components"]
    components["headers"] = _HEADERS
    components["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, as `gallery keys create` showed it. As long as the gallery "
            "has none, it asks for none.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "gallery_session",
            "description": "A browser that has signed in with a key.",
        },
    }
    for name, shape in components["schemas"].items():
        _enrich_schema(name, shape)
    for name, example in EXAMPLES.items():
        components["schemas"][name]["examples"] = [example]
    description["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    for methods in description["paths"].values():
        for operation in methods.values():
            _enrich_operation(operation)
    return description


def _enrich_operation(operation: Description) -> None:
    name = operation["operationId"]
    operation["summary"] = _first_sentence(operation["description"])
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in DESCRIPTIONS:
            parameter.setdefault("description", DESCRIPTIONS[parameter["name"]])
    if name in PUBLIC:
        operation["security"] = []
    else:
        operation["security"] = [{"key": []}, {"session": []}]
        operation["description"] += f"\n\nTakes a key with the scope `{SCOPES[name]}`."
    if "requestBody" in operation:
        for status in _BODY_REFUSED:
            operation["responses"].setdefault(status, {"content": dict(_PROBLEM)})
    for status, answer in operation["responses"].items():
        _enrich_response(name, status, answer)


def _enrich_schema(name: str, shape: Description) -> None:
    if name in SCHEMA_DESCRIPTIONS:
        shape.setdefault("description", SCHEMA_DESCRIPTIONS[name])
    for field, described in shape.get("properties", {}).items():
        if field in DESCRIPTIONS and "$ref" not in described:
            described.setdefault("description", DESCRIPTIONS[field])


def _enrich_response(name: str, status: str, answer: Description) -> None:
    content = answer.get("content", {})
    if status == "200" and name in _CONTENT:
        answer["content"] = _CONTENT[name]
    problem = content.get("application/problem+json")
    if problem:
        content.pop("application/json", None)
        kinds = [kind for known, kind in PROBLEMS.values() if known == int(status)]
        answer["description"] = " or ".join(
            f"`/problems/{kind}`" for kind in dict.fromkeys([*kinds, *_MORE_KINDS.get(status, ())])
        )
    names = ["X-Request-ID", *_OWN_HEADERS.get((name, status), ())]
    names += _RATE if name in SCOPES else ()
    names += ["Retry-After"] if problem and status in _WAITING else []
    answer["headers"] = {
        each: {"$ref": f"#/components/headers/{each}"} for each in dict.fromkeys(names)
    }


_MORE_KINDS: Final = {"400": ("query-syntax",), "429": ("rate-limited",), "500": ("internal",)}


def _first_sentence(text: str) -> str:
    """What an operation does, in the words before the first pause."""
    first = text.strip().split("\n\n")[0].replace("\n", " ")
    for pause in (". ", "; ", ": "):
        first = first.split(pause)[0]
    return first.rstrip(".")
