"""Trying again, and calling off."""

from uuid import UUID

from fastapi import APIRouter, Response
from psycopg import AsyncConnection
from pydantic import BaseModel, Field, model_validator

from api.dependencies import ImageId, JobId, ServiceDep
from api.images.serializer import json_response, serialize_image
from api.jobs.serializer import serialize_job
from api.problems import problems
from api.schemas import ImageRead, JobRead
from infra.database.queries import transitions
from infra.database.queries.images import get_image
from infra.database.queries.jobs import get_job, list_items
from infra.database.queries.transitions import Ended, Retry
from infra.database.queries.webhooks import arm_webhook

router = APIRouter()


@router.post(
    "/jobs/{job_id}/retry",
    operation_id="retryJob",
    tags=["jobs"],
    response_model=JobRead,
    responses=problems(404, 422, 503),
)
async def retry_job(job_id: JobId, service: ServiceDep) -> Response:
    """Queue the job's failed pictures again."""
    async with service.database.connection() as conn:
        await get_job(conn, job_id)
        async with conn.transaction():
            if await transitions.retry_images(conn, Retry(job_id=job_id)):
                await arm_webhook(conn, job_id)
        return await _answer(conn, job_id)


@router.post(
    "/jobs/{job_id}/cancel",
    operation_id="cancelJob",
    tags=["jobs"],
    response_model=JobRead,
    responses=problems(404, 422, 503),
)
async def cancel_job(job_id: JobId, service: ServiceDep) -> Response:
    """Call off what is still queued, except what another job waits for, too."""
    async with service.database.connection() as conn:
        await get_job(conn, job_id)
        await transitions.cancel_job(conn, job_id)
        return await _answer(conn, job_id)


async def _answer(conn: AsyncConnection, job_id: UUID) -> Response:
    return json_response(serialize_job(await get_job(conn, job_id), await list_items(conn, job_id)))


class RetrySelection(BaseModel):
    """Which pictures to try again: these ids, or all that ended so."""

    ids: list[UUID] | None = Field(None, max_length=10_000)
    status: Ended | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "RetrySelection":
        if (self.ids is None) == (self.status is None):
            raise ValueError("give exactly one of `ids` and `status`")
        return self

    def retry(self) -> Retry:
        return Retry(ended=[self.status] if self.status else ["failed", "cancelled"], ids=self.ids)


class Retried(BaseModel):
    """What is queued again."""

    retried: int
    ids: list[UUID]


@router.post(
    "/images/retry", operation_id="retryImages", tags=["images"], responses=problems(422, 503)
)
async def retry_images(which: RetrySelection, service: ServiceDep) -> Retried:
    """Queue again what failed or was cancelled: some pictures, or all."""
    async with service.database.connection() as conn:
        ids = await transitions.retry_images(conn, which.retry())
    return Retried(retried=len(ids), ids=ids)


@router.post(
    "/images/{image_id}/retry",
    operation_id="retryImage",
    tags=["images"],
    response_model=ImageRead,
    responses=problems(404, 422, 503),
)
async def retry_image(image_id: ImageId, service: ServiceDep) -> Response:
    """Queue a picture again that failed or was cancelled; any other stays as it is."""
    async with service.database.connection() as conn:
        await transitions.retry_images(conn, Retry(ended=["failed", "cancelled"], ids=[image_id]))
        return json_response(serialize_image(await get_image(conn, image_id)))
