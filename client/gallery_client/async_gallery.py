"""Client for asyncio."""

from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import anyio
import anyio.to_thread
import httpx2

from gallery_client import export, frames, models, operations, transport
from gallery_client import upload as uploads
from gallery_client.flow import (
    Block,
    Caller,
    Flow,
    NoResponse,
    Response,
    Retries,
    Send,
    Sleep,
    Step,
    Together,
)
from gallery_client.gallery import DEFAULT_URL
from gallery_client.operations import Request
from gallery_client.pages import Page, page_size
from gallery_client.upload import OnProgress, Upload, ignore_progress

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
Item = TypeVar("Item")


class AsyncGallery:
    """Client of one gallery for asyncio, with the methods of `Gallery`.

    Args:
        url: Address of the gallery.
        key: API key, if the gallery requires one.
        retries: When requests are repeated.
    """

    def __init__(
        self, url: str = DEFAULT_URL, key: str | None = None, *, retries: Retries | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._caller = Caller(self.url, retries or Retries())
        self._http = httpx2.AsyncClient(**transport.client_options(url, key))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def upload(
        self, paths: Iterable[Path | str], *, on_progress: OnProgress = ignore_progress
    ) -> Upload:
        """Upload files and the images in folders; see `Gallery.upload`."""
        return await self._run(uploads.upload(self._caller, paths, on_progress))

    async def wait(
        self,
        job: str | models.JobSummary | Upload,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 (the name in `Gallery`)
        on_progress: OnProgress = ignore_progress,
    ) -> models.Job:
        """Wait until all images of a job are finished; see `Gallery.wait`."""
        return await self._run(uploads.wait(self._caller, job, timeout, on_progress))

    def search(
        self,
        query: str = "",
        *,
        min_score: float | None = None,
        status: models.ImageStatus | None = None,
        sort: str | None = None,
        deleted: bool = False,
        limit: int | None = None,
    ) -> AsyncIterator[models.Image]:
        """Yield the images that match a search, all pages or up to `limit` images."""

        def page(cursor: str | None) -> Request[models.ImagePage]:
            return operations.list_images(
                q=query, min_score=min_score, status=status, sort=sort, deleted=deleted,
                cursor=cursor, limit=page_size(limit),
            )  # fmt: skip

        return self._pages(page, limit)

    async def get_image(self, image_id: str) -> models.Image:
        """Return an image."""
        return await self._call(operations.get_image(image_id))

    async def similar(
        self, image_id: str, *, limit: int | None = None
    ) -> list[models.SimilarImage]:
        """Return the images that resemble an image, most similar first."""
        return (await self._call(operations.list_similar(image_id, limit=limit))).items

    async def download(self, image_id: str, file: Path | str) -> Path:
        """Save the uploaded file of an image."""
        request = operations.get_original(image_id)
        return await self._run(export.download(self._caller, request, Path(file)))

    async def delete(self, image_ids: Iterable[str]) -> models.Deleted:
        """Move images to the trash."""
        return await self._call(operations.delete_images(list(image_ids)))

    async def restore(self, image_ids: Iterable[str]) -> models.Restored:
        """Restore images from the trash."""
        return await self._call(operations.restore_images(list(image_ids)))

    async def retry(
        self,
        image_ids: Iterable[str] | None = None,
        *,
        status: Literal["failed", "cancelled"] = "failed",
    ) -> models.Retried:
        """Queue images again: the given ones, or all with a status."""
        ids = None if image_ids is None else list(image_ids)
        return await self._call(operations.retry_images(ids=ids, status=status))

    def jobs(self, *, limit: int | None = None) -> AsyncIterator[models.JobSummary]:
        """Yield jobs, newest first."""

        def page(cursor: str | None) -> Request[models.JobPage]:
            return operations.list_jobs(cursor=cursor, limit=page_size(limit))

        return self._pages(page, limit)

    async def get_job(self, job_id: str) -> models.Job:
        """Return a job with its items."""
        return await self._call(operations.get_job(job_id))

    async def retry_job(self, job_id: str) -> models.Job:
        """Queue the failed and cancelled images of a job again."""
        return await self._call(operations.retry_job(job_id))

    async def cancel_job(self, job_id: str) -> models.Job:
        """Cancel the queued images of a job."""
        return await self._call(operations.cancel_job(job_id))

    async def export(
        self,
        file: Path | str,
        *,
        query: str = "",
        min_score: float | None = None,
        file_format: str | None = None,
    ) -> Path:
        """Export the images that match a search to a file; see `Gallery.export`."""
        return await self._run(
            export.export(self._caller, Path(file), file_format, q=query, min_score=min_score)
        )

    async def to_pandas(self, query: str = "", *, min_score: float | None = None) -> "pd.DataFrame":
        """Return the images that match a search as a data frame; see `Gallery.to_pandas`."""
        return await self._run(frames.fetch_frame(self._caller, q=query, min_score=min_score))

    async def tags(self, prefix: str = "", *, limit: int | None = None) -> list[models.Tag]:
        """Return the tags that start with a prefix, with the number of images."""
        return (await self._call(operations.list_tags(prefix, limit=limit))).items

    async def limits(self) -> models.Limits:
        """Return the limits of uploads and the export formats."""
        return await self._call(operations.get_limits())

    async def status(self) -> models.Status:
        """Return the state of the queue, the workers and the model."""
        return await self._call(operations.get_status())

    async def _call(self, request: Request[T]) -> T:
        return await self._run(self._caller.call(request))

    async def _pages(
        self, page: Callable[[str | None], Request[Page[Item]]], limit: int | None
    ) -> AsyncIterator[Item]:
        cursor = None
        left = limit
        while left is None or left > 0:
            found = await self._call(page(cursor))
            for item in found.items[:left]:
                yield item
            left = None if left is None else left - len(found.items)
            cursor = found.next
            if cursor is None:
                return

    async def _run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                try:
                    result = await self._perform(step)
                except Exception as error:  # noqa: BLE001 (the flow handles or raises it)
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _perform(self, step: Step) -> Any:
        match step:
            case Send():
                return await self._send(step)
            case Sleep(seconds):
                return await anyio.sleep(seconds)
            case Block(function):
                return await anyio.to_thread.run_sync(function)
            case Together(flows, limit):
                waiting = iter(flows)
                async with anyio.create_task_group() as tasks:
                    for _ in range(limit):
                        tasks.start_soon(self._run_all, waiting)
                return None

    async def _run_all(self, flows: Iterable[Flow[None]]) -> None:
        for flow in flows:
            await self._run(flow)

    async def _send(self, step: Send) -> Response | NoResponse:
        try:
            with transport.request_options(step.request) as options:
                async with self._http.stream(**options) as response:
                    if not (step.target and response.is_success):
                        return transport.response_of(response, content=await response.aread())
                    async with await anyio.open_file(step.target, "wb") as output:
                        async for part in response.aiter_bytes():
                            await output.write(part)
                    return transport.response_of(response, content=b"")
        except httpx2.TransportError as error:
            return transport.no_response(error)
