"""Example objects for the OpenAPI document."""

from typing import Any, Final

_JOB_ID = "01a203b2-3157-7382-9570-4eb9c07d1309"
_IMAGE_ID = "01a203b2-3161-7a90-8d2f-2f1f9f1c4a10"

_PREDICTION: Final = {
    "rank": 1,
    "label": "Egyptian_cat",
    "score": 0.8022,
    "class_index": 285,
    "wnid": "n02124075",
}

_COUNTS: Final = {
    "total": 2,
    "queued": 0,
    "running": 0,
    "done": 1,
    "failed": 0,
    "duplicate": 0,
    "rejected": 1,
    "cancelled": 0,
}

_JOB: Final = {
    "id": _JOB_ID,
    "created_at": "2026-11-22T14:38:58.123456Z",
    "status": "done",
    "counts": _COUNTS,
}

# Example of each schema, by schema name.
EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "JobSummary": _JOB,
    "JobRead": _JOB
    | {
        "items": [
            {
                "position": 0,
                "name": "cat.jpg",
                "outcome": "accepted",
                "image_id": _IMAGE_ID,
                "status": "done",
                "problem": None,
                "predictions": [_PREDICTION],
            },
            {
                "position": 1,
                "name": "notes.txt",
                "outcome": "rejected",
                "image_id": None,
                "status": None,
                "problem": {
                    "code": "unsupported_type",
                    "detail": "The file is not an image in a supported format.",
                },
                "predictions": [],
            },
        ],
        "cursor": "2026-11-22T14:38:59.654321+00:00",
    },
    "ImageRead": {
        "id": _IMAGE_ID,
        "name": "cat.jpg",
        "status": "done",
        "media_type": "image/jpeg",
        "width": 1920,
        "height": 1080,
        "bytes": 412_345,
        "created_at": "2026-11-22T14:38:58.123456Z",
        "classified_at": "2026-11-22T14:38:58.654321Z",
        "deleted_at": None,
        "model": "mobilenet_v2_1.0_224.3f1c…",
        "failure": None,
        "predictions": [_PREDICTION],
        "categories": [{"label": "cat", "score": 0.9512}],
        "tags": [
            {
                "tag": "n02124075",
                "label": "Egyptian cat",
                "kind": "class",
                "score": 1.0,
                "source": "person",
                "verdict": "confirmed",
            }
        ],
        "matches": [],
    },
    "Problem": {
        "type": "/problems/not-found",
        "title": "Not Found",
        "status": 404,
        "detail": f"Job {_JOB_ID} not found.",
        "request_id": "8f14e45fceea467a9d3c2b1a0f6e7d5c",
    },
    "Hashes": {"sha256": ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]},
    "Limits": {
        "max_upload_bytes": 20_971_520,
        "max_request_bytes": 268_435_456,
        "max_files_per_request": 1000,
        "max_pixels": 50_000_000,
        "media_types": ["image/jpeg", "image/png"],
        "export_formats": ["csv", "jsonl"],
        "requests_per_minute": {"per_key": 12_000, "per_address": 12_000},
    },
    "Selection": {"q": "dog -poodle", "min_score": 0.5},
}
