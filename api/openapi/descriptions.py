"""Default descriptions of fields and parameters, by name.

A description next to the field or parameter takes precedence.
"""

from typing import Final

DESCRIPTIONS: Final = {
    "all": "True: select all images.",
    "bytes": "Size of the file in bytes.",
    "categories": "WordNet categories of the predictions, highest score first.",
    "class_index": "ImageNet index of the class, 0 to 999.",
    "classified_at": "Time of the last classification; null until then.",
    "count": "Number of images with this tag.",
    "counts": "Number of items in each state.",
    "created_at": "Time of the upload.",
    "deleted": "Number of images that were moved to the trash.",
    "detail": "Explanation in one sentence, for users.",
    "errors": "Individual errors with their locations; omitted if there are none.",
    "export_formats": "Values that `format` of `GET /export` accepts.",
    "failure": "Why the image could not be classified; null unless `status` is `failed`.",
    "height": "Height in pixels as stored in the file, before EXIF rotation.",
    "id": "Unique and permanent id (UUID).",
    "ids": "Ids of the images.",
    "if-none-match": "`ETag` of the state that the client has; returns 304 if it has not changed.",
    "image_id": "Id of the image.",
    "items": "The objects in order.",
    "key": "The API key.",
    "kind": "`class`: a class of the model. `category`: a WordNet category of classes. `custom`: a "
    "tag that users defined.",
    "label": "Name of the tag.",
    "limit": "Maximum number of objects to return.",
    "max_files_per_request": "Maximum number of files in one upload request.",
    "max_pixels": "Maximum number of pixels of one image.",
    "max_request_bytes": "Maximum size of one upload request in bytes, all files together.",
    "max_upload_bytes": "Maximum size of one file in bytes.",
    "media_type": "Media type of the file, detected from its content.",
    "media_types": "Media types that uploads may have.",
    "min_score": "Ignore tags with a score below this value, from 0 to 1.",
    "model": "Identifier of the model; null if there is none.",
    "name": "Name of the file or of the API key.",
    "ok": "Whether the check passed.",
    "outcome": "`accepted`: stored and queued. `duplicate`: the gallery already contained the "
    "image. `rejected`: not stored; see `problem`.",
    "predictions": "The five most likely classes, highest score first; empty until classified.",
    "problem": "Why the file was rejected or the image failed; null otherwise.",
    "purged": "Number of images that were deleted permanently.",
    "q": "A search, in the syntax of `GET /images`.",
    "queued": "Number of images that wait for classification.",
    "rank": "Position among the predictions, from 1; null for a category.",
    "restored": "Number of images that were restored from the trash.",
    "retried": "Number of images that were queued again.",
    "scopes": "Permissions of the API key: `read`, `submit`, `review`, `manage`.",
    "score": "Probability from 0 to 1.",
    "sha256": "SHA-256 of the file in hexadecimal.",
    "status": "Classification status.",
    "title": "Short description of the problem, the phrase of the HTTP status code.",
    "total": "Total number.",
    "width": "Width in pixels as stored in the file, before EXIF rotation.",
    # Counts of items of a job and of images in the gallery.
    "cancelled": "Cancelled before classification started.",
    "done": "Classified.",
    "duplicate": "Already in the gallery.",
    "failed": "Could not be classified.",
    "rejected": "Failed validation; not stored.",
    "running": "Being classified.",
    # Status and health.
    "alive": "Number of workers that are ready.",
    "bulk": "Number of images that wait in the lane for large submissions.",
    "checks": "Result of each check, by name.",
    "interactive": "Number of images that wait in the lane for small submissions, which has "
    "priority.",
    "oldest_waiting_seconds": "Waiting time of the oldest queued image in seconds; 0 if none "
    "waits.",
    "state": "State of the workers as a whole.",
}

# Schemas without a class docstring.
SCHEMA_DESCRIPTIONS: Final = {"Page_JobSummary_": "One page of jobs."}
