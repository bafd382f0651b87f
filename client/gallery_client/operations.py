"""Requests of the API, one function per operation. Nothing here sends them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Generic, TypeVar

from gallery_client import models

PREFIX = "/api/v1"
Parameter = str | int | float | bool | None
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[T_co]):
    """Request of one operation.

    Attributes:
        operation: Operation id in `openapi.json`.
        method: HTTP method.
        path: Path template below `PREFIX`.
        model: Model of the response; NoneType if the response is a file.
        names: Values of the parameters in the path.
        query: Query parameters; those that are None are omitted.
        headers: Header parameters.
        body: JSON body.
        files: Files of a multipart body.
    """

    operation: str
    method: str
    path: str
    model: type[T_co]
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Parameter] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    files: Sequence[Path] = ()


def create_job(files: Sequence[Path], *, idempotency_key: str) -> Request[models.Job]:
    """Upload files to a new job."""
    return Request(
        operation="createJob",
        method="POST",
        path="/jobs",
        model=models.Job,
        headers={"Idempotency-Key": idempotency_key},
        files=files,
    )


def add_images(job_id: str, files: Sequence[Path], *, idempotency_key: str) -> Request[models.Job]:
    """Upload files to an existing job."""
    return Request(
        operation="addImagesToJob",
        method="POST",
        path="/jobs/{job_id}/images",
        model=models.Job,
        names={"job_id": job_id},
        headers={"Idempotency-Key": idempotency_key},
        files=files,
    )


def list_jobs(*, cursor: str | None = None, limit: int | None = None) -> Request[models.JobPage]:
    """List jobs, newest first."""
    return Request(
        operation="listJobs",
        method="GET",
        path="/jobs",
        model=models.JobPage,
        query={"cursor": cursor, "limit": limit},
    )


def get_job(job_id: str, *, wait: float | None = None, items: str = "all") -> Request[models.Job]:
    """Return a job; with `wait`, after it has changed or that many seconds."""
    return Request(
        operation="getJob",
        method="GET",
        path="/jobs/{job_id}",
        model=models.Job,
        names={"job_id": job_id},
        query={"wait": wait, "items": items},
    )


def retry_job(job_id: str) -> Request[models.Job]:
    """Queue the failed images of a job again."""
    return _job_action("retryJob", "/jobs/{job_id}/retry", job_id)


def cancel_job(job_id: str) -> Request[models.Job]:
    """Cancel the queued images of a job."""
    return _job_action("cancelJob", "/jobs/{job_id}/cancel", job_id)


def _job_action(operation: str, path: str, job_id: str) -> Request[models.Job]:
    return Request(
        operation=operation, method="POST", path=path, model=models.Job, names={"job_id": job_id}
    )


def list_images(**query: Parameter) -> Request[models.ImagePage]:
    """List images that match a search."""
    return Request(
        operation="listImages",
        method="GET",
        path="/images",
        model=models.ImagePage,
        query=query,
    )


def get_image(image_id: str) -> Request[models.Image]:
    """Return one image."""
    return Request(
        operation="getImage",
        method="GET",
        path="/images/{image_id}",
        model=models.Image,
        names={"image_id": image_id},
    )


def list_similar(image_id: str, *, limit: int | None = None) -> Request[models.SimilarImages]:
    """List images that resemble an image."""
    return Request(
        operation="listSimilar",
        method="GET",
        path="/images/{image_id}/similar",
        model=models.SimilarImages,
        names={"image_id": image_id},
        query={"limit": limit},
    )


def get_original(image_id: str) -> Request[None]:
    """Download the uploaded file of an image."""
    return Request(
        operation="getOriginal",
        method="GET",
        path="/images/{image_id}/original",
        model=NoneType,
        names={"image_id": image_id},
    )


def find_known(hashes: Sequence[str]) -> Request[models.KnownImages]:
    """Find images by the SHA-256 of their files, in hexadecimal."""
    return _change("findKnownImages", "/images/known", models.KnownImages, sha256=list(hashes))


def delete_images(ids: Sequence[str]) -> Request[models.Deleted]:
    """Move images to the trash."""
    return _change("deleteImages", "/images/delete", models.Deleted, ids=list(ids))


def restore_images(ids: Sequence[str]) -> Request[models.Restored]:
    """Restore images from the trash."""
    return _change("restoreImages", "/images/restore", models.Restored, ids=list(ids))


def retry_images(*, ids: Sequence[str] | None, status: str | None) -> Request[models.Retried]:
    """Queue failed or cancelled images again, by id or by status."""
    chosen = {"status": status} if ids is None else {"ids": list(ids)}
    return _change("retryImages", "/images/retry", models.Retried, **chosen)


def _change(operation: str, path: str, model: type[T], **body: object) -> Request[T]:
    return Request(operation=operation, method="POST", path=path, model=model, body=body)


def export_images(file_format: str, **query: Parameter) -> Request[None]:
    """Download images and their tags as a file."""
    return Request(
        operation="exportImages",
        method="GET",
        path="/export",
        model=NoneType,
        query={"format": file_format, **query},
    )


def list_tags(prefix: str, *, limit: int | None = None) -> Request[models.Tags]:
    """List tags that start with a prefix."""
    return Request(
        operation="listTags",
        method="GET",
        path="/tags",
        model=models.Tags,
        query={"q": prefix, "limit": limit},
    )


def get_limits() -> Request[models.Limits]:
    """Return the limits of uploads."""
    return Request(operation="getLimits", method="GET", path="/limits", model=models.Limits)


def get_status() -> Request[models.Status]:
    """Return the state of the service."""
    return Request(operation="getStatus", method="GET", path="/status", model=models.Status)
