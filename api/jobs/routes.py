"""Routes of jobs: submit, list, poll, retry and cancel."""

from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from api.auth.audit import AuditDep
from api.auth.dependencies import Caller, client_of, may_read
from api.auth.scopes import requires
from api.dependencies import DatabaseDep, SettingsDep
from api.jobs import service as jobs_service
from api.jobs.listener import JobListenerDep
from api.jobs.long_poll import LongPoll, LongPollSlotsDep, etag, parse_etags
from api.jobs.schemas import JobRead
from api.jobs.serializer import serialize_job
from api.pagination import read_cursor, write_cursor
from api.parameters import Cursor, JobId, Limit
from api.problems import problems
from api.schemas import JobSummary, Page
from api.serialization import json_response, serialize_summary
from api.uploads.idempotency import Key, extend_once, identify, submit_once
from api.uploads.multipart import receive_uploads
from api.uploads.service import Submission, SubmissionsDep, UploadSlotsDep
from api.webhooks.registration import WebhookUrl, check_webhook
from core.ids import new_id
from infra.database.queries import jobs
from infra.database.queries.sessions import KeyHolder

router = APIRouter(prefix="/jobs", tags=["jobs"])

# Poll interval for clients that do not use `?wait=`.
POLL_AFTER_SECONDS = "1"
# Transactions in progress when a cursor was issued may commit later with earlier timestamps. The
# overlap includes them; a client may receive an unchanged item twice.
_CURSOR_OVERLAP = timedelta(seconds=5)

# The body is read as a stream, so that FastAPI cannot derive this from the signature.
_UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "Image files; repeat the field for each file.",
                        }
                    },
                }
            }
        },
    }
}

ItemsWanted = Annotated[
    Literal["all", "none"], Query(description="`none`: omit the items from the response.")
]


@router.post(
    "",
    operation_id="createJob",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobRead,
    responses=problems(408, 409, 413, 422, 503),
    openapi_extra=_UPLOAD_BODY,
)
@requires("submit")
async def create(
    request: Request,
    settings: SettingsDep,
    database: DatabaseDep,
    slots: UploadSlotsDep,
    submissions: SubmissionsDep,
    caller: Caller,
    idempotency_key: Key = None,
    webhook_url: WebhookUrl = None,
) -> Response:
    """Upload one or more images. Returns a job with one item per file, in order.

    Accepted images are stored before the response and classified afterwards; poll the job for
    their results. A rejected file does not affect the others.
    """
    check_webhook(webhook_url, settings)
    key_id = caller.id if caller else None
    async with slots.enter(client_of(request)), receive_uploads(request, settings) as uploads:
        submission: Submission | None
        if idempotency_key is None:
            job_id = new_id()
            record = partial(submissions.create_job, job_id, webhook_url, key_id)
            submission = await submissions.submit(job_id, uploads, record)
        else:
            owner = str(caller.id) if caller else ""
            once = identify(uploads, owner=owner, key=idempotency_key)
            job_id, submission = await submit_once(
                submissions, database, uploads, once, webhook=webhook_url
            )
        count = len(uploads)
    job = submission and jobs_service.recorded_job(job_id, submission)
    if job is None:  # images that existed before have results, which only the database has
        job = await jobs_service.read_job(database, job_id, positions=range(count))
    headers = {"Location": f"{request.url.path}/{job_id}", "Retry-After": POLL_AFTER_SECONDS}
    content = serialize_job(*job, with_tags=may_read(caller))
    return json_response(content, HTTPStatus.ACCEPTED, headers)


@router.post(
    "/{job_id}/images",
    operation_id="addImagesToJob",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobRead,
    responses=problems(404, 408, 413, 422, 503),
    openapi_extra=_UPLOAD_BODY,
)
@requires("submit")
async def add_images(
    job_id: JobId,
    request: Request,
    settings: SettingsDep,
    database: DatabaseDep,
    slots: UploadSlotsDep,
    submissions: SubmissionsDep,
    caller: Caller,
    idempotency_key: Key = None,
) -> Response:
    """Add images to a job. Returns the added items and the counts of the whole job.

    Keys without the scopes `read` and `manage` may add to their own jobs only.
    """
    async with database.connection() as conn:
        # Refuse before files are received and stored.
        await jobs.require_job(conn, job_id, key_id=_own_jobs_of(caller))
    async with slots.enter(client_of(request)), receive_uploads(request, settings) as uploads:
        if idempotency_key is None:
            submission = await submissions.submit(
                job_id, uploads, partial(submissions.extend_job, job_id)
            )
            positions = [item.position for item in submission.items]
        else:
            owner = str(caller.id) if caller else ""
            once = identify(uploads, owner=owner, key=idempotency_key)
            positions = await extend_once(submissions, database, job_id, uploads, once)
    job = await jobs_service.read_job(database, job_id, positions=positions)
    return json_response(serialize_job(*job, with_tags=may_read(caller)), HTTPStatus.ACCEPTED)


def _own_jobs_of(caller: KeyHolder | None) -> UUID | None:
    """Return the key whose jobs alone the caller may extend; None if it may extend every job."""
    if caller is None or {"read", "manage"} & set(caller.scopes):
        return None
    return caller.id


@router.get(
    "",
    operation_id="listJobs",
    response_model=Page[JobSummary],
    responses=problems(422, 503),
)
@requires("read")
async def list_jobs(database: DatabaseDep, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List jobs, newest first, without their items."""
    after = read_cursor(cursor)
    async with database.connection() as conn:
        found = await jobs.list_jobs(conn, after=after, limit=limit)
        total = await jobs.count_jobs(conn)
    last = found[-1] if len(found) == limit else None
    return json_response(
        {
            "items": [serialize_summary(job) for job in found],
            "total": total,
            "total_is_exact": True,
            "next": last and write_cursor(last.created_at, last.id),
        }
    )


@router.get(
    "/{job_id}",
    operation_id="getJob",
    response_model=JobRead,
    responses=problems(404, 422, 503)
    | {304: {"description": "The job has not changed since the state in `If-None-Match`."}},
)
@requires("read")
async def get_job(
    job_id: JobId,
    request: Request,
    database: DatabaseDep,
    listener: JobListenerDep,
    slots: LongPollSlotsDep,
    wait: Annotated[
        float,
        Query(
            ge=0,
            le=600,
            description="Long polling: seconds to wait until the job changes or ends. Values above "
            "25 are treated as 25.",
        ),
    ] = 0,
    items: ItemsWanted = "all",
    changed_since: Annotated[
        datetime | None,
        Query(
            description="`cursor` of an earlier response: return only items that changed since. "
            "An unchanged item may be returned again."
        ),
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Retrieve a job with its counts and items."""
    known = parse_etags(if_none_match)
    poll = LongPoll(database, listener)
    async with slots.enter(client_of(request)) if wait else nullcontext():
        job = await poll.wait_for_change(job_id, seconds=wait, known=known, items=items)
    tag = etag(job, items)
    if tag in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    since = _parse_changed_since(changed_since)
    async with database.connection() as conn:
        found = [] if items == "none" else await jobs.list_items(conn, job_id, changed_since=since)
    return json_response(serialize_job(job, found), headers={"ETag": tag})


@router.post(
    "/{job_id}/retry",
    operation_id="retryJob",
    response_model=JobRead,
    responses=problems(404, 422, 503),
)
@requires("manage")
async def retry_job(
    job_id: JobId, database: DatabaseDep, caller: Caller, audit: AuditDep
) -> Response:
    """Queue the failed images of a job again.

    Items are omitted from the response for keys without the scope `read`.
    """
    job, items = await jobs_service.retry_job(database, job_id)
    audit.record("job.retried", job_id=str(job_id))
    return json_response(serialize_job(job, items if may_read(caller) else ()))


@router.post(
    "/{job_id}/cancel",
    operation_id="cancelJob",
    response_model=JobRead,
    responses=problems(404, 422, 503),
)
@requires("manage")
async def cancel_job(
    job_id: JobId, database: DatabaseDep, caller: Caller, audit: AuditDep
) -> Response:
    """Cancel the queued images of a job. Images that another active job contains stay queued.

    Items are omitted from the response for keys without the scope `read`.
    """
    job, items = await jobs_service.cancel_job(database, job_id)
    audit.record("job.cancelled", job_id=str(job_id))
    return json_response(serialize_job(job, items if may_read(caller) else ()))


def _parse_changed_since(changed_since: datetime | None) -> datetime | None:
    """Return the time from which changed items are returned; None for all items."""
    try:
        return changed_since and changed_since - _CURSOR_OVERLAP
    except OverflowError:  # within five seconds of the earliest time that Python represents
        return None
