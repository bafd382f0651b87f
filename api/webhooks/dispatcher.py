"""Deliver webhooks for ended jobs, with retries.

Every API process runs a dispatcher. The database assigns each delivery to one of them at a time.
"""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from pydantic import BaseModel, Field

from api.background.runtime import BackgroundService
from api.schemas import JobSummary
from api.serialization import serialize_summary
from api.webhooks.http_client import DeliveryFailedError, post
from api.webhooks.ssrf import ForbiddenAddressError
from core.errors import InvalidRequestError, UnavailableError
from core.webhook_signatures import sign
from infra.database.pool import Database
from infra.database.queries.jobs import get_job
from infra.database.queries.webhooks import (
    Delivery,
    add_delivery,
    claim_due_deliveries,
    list_ended,
    record_attempt,
)
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Delay after each attempt; after the last one the delivery has failed. Each delay is longer than an
# attempt can take.
PAUSES: Final = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
MAX_ATTEMPTS: Final = len(PAUSES) + 1
# Maximum number of jobs per run.
_JOBS = 50
# Maximum numbers of concurrent deliveries per process: of all, and to one receiver.
_CONCURRENT = 32
_PER_RECEIVER = 4
# Time that a run waits for the deliveries that it started.
_RUN_SECONDS = 2.0


class JobEnded(BaseModel):
    """Body of a webhook."""

    type: str = Field("job.ended", description="Type of the event.")
    data: JobSummary


class WebhookDispatcher(BackgroundService):
    """Enqueues deliveries for ended jobs and sends the deliveries that are due."""

    name = "webhook_dispatcher"

    def __init__(self, database: Database, key: bytes, *, allow_private: bool) -> None:
        super().__init__(interval=2.0)
        self._database = database
        self._key = key
        self._allow_private = allow_private
        self._running: dict[asyncio.Task[None], str] = {}

    async def run_once(self) -> None:
        await self._enqueue_ended()
        await self._deliver_due()

    async def close(self) -> None:
        """Cancel the deliveries in progress. They are attempted again after their pause."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _enqueue_ended(self) -> None:
        async with self._database.connection() as conn:
            for ended in await list_ended(conn, limit=_JOBS):
                job = serialize_summary(await get_job(conn, ended.job_id))
                event = JobEnded.model_validate({"data": job})
                await add_delivery(conn, ended, event.model_dump_json())

    async def _deliver_due(self) -> None:
        """Start the deliveries that are due. Slow ones continue beside the next runs."""
        deadline = time.monotonic() + _RUN_SECONDS
        while started := await self._start_due():
            await asyncio.wait(started, timeout=max(deadline - time.monotonic(), 0))
            if time.monotonic() >= deadline:
                break

    async def _start_due(self) -> list[asyncio.Task[None]]:
        """Start due deliveries, except to receivers that have not yet answered earlier ones."""
        async with self._database.connection() as conn:
            due = await claim_due_deliveries(
                conn,
                limit=_CONCURRENT - len(self._running),
                per_receiver=_PER_RECEIVER,
                skipped=set(self._running.values()),
                pauses=PAUSES,
            )
        started = []
        for delivery in due:
            task = asyncio.create_task(self._deliver(delivery))
            self._running[task] = delivery.receiver
            task.add_done_callback(self._running.pop)
            started.append(task)
        return started

    async def _deliver(self, delivery: Delivery) -> None:
        answer, status = "", None
        try:
            status = await self._send(delivery)
            answer = f"HTTP {status}"
        except (ForbiddenAddressError, DeliveryFailedError, InvalidRequestError) as error:
            answer = str(error)
        is_accepted = status is not None and 200 <= status < 300  # noqa: PLR2004 (HTTP success)
        is_final = status == HTTPStatus.GONE or delivery.tries >= MAX_ATTEMPTS
        # If the attempt cannot be recorded, the delivery is sent again under the same id.
        with suppress(UnavailableError):
            async with self._database.connection() as conn:
                await record_attempt(conn, delivery, answer, accepted=is_accepted, final=is_final)
        log.info(
            "webhook.delivered"
            if is_accepted
            else "webhook.failed"
            if is_final
            else "webhook.postponed",
            delivery_id=str(delivery.id),
            job_id=str(delivery.job_id),
            receiver=delivery.receiver,
            tries=delivery.tries,
            answer=answer,
        )

    async def _send(self, delivery: Delivery) -> int:
        signature = sign(self._key, str(delivery.id), int(time.time()), delivery.body)
        headers = {"Content-Type": "application/json", "User-Agent": "gallery"} | signature
        body = delivery.body.encode()
        return await post(delivery.url, headers, body, allow_private=self._allow_private)
