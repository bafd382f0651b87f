"""Synchronous client."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

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
from gallery_client.operations import Request
from gallery_client.pages import Page, page_size
from gallery_client.upload import OnProgress, Upload, ignore_progress

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
Item = TypeVar("Item")
DEFAULT_URL = "http://127.0.0.1:8000"


class Gallery:
    """Client of one gallery. Thread-safe.

    Every method raises `RequestRefusedError` if the gallery refuses a request and
    `UnavailableError` if it fails on every attempt; both are subclasses of `GalleryError`.

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
        self._http = httpx2.Client(**transport.client_options(url, key))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def upload(
        self, paths: Iterable[Path | str], *, on_progress: OnProgress = ignore_progress
    ) -> Upload:
        """Upload files and the images in folders, except those that the gallery has.

        Repeated requests add no file twice. A file that is rejected or cannot be sent does not stop
        the others; see `Upload.failed`.

        Raises:
            GalleryError: There are no images in the folders, or the gallery cannot be reached.
        """
        return self._run(uploads.upload(self._caller, paths, on_progress))

    def wait(
        self,
        job: str | models.JobSummary | Upload,
        *,
        timeout: float | None = None,
        on_progress: OnProgress = ignore_progress,
    ) -> models.Job:
        """Wait until all images of a job are finished, and return the job.

        Args:
            job: Job, job id, or upload, whose files are updated.
            timeout: Seconds after which waiting ends; None for no limit.
            on_progress: Called after each change.

        Raises:
            JobUnfinishedError: The timeout has passed, or the gallery did not respond for
                `Retries.outage_seconds`.
        """
        return self._run(uploads.wait(self._caller, job, timeout, on_progress))

    def search(
        self,
        query: str = "",
        *,
        min_score: float | None = None,
        status: models.ImageStatus | None = None,
        sort: str | None = None,
        deleted: bool = False,
        limit: int | None = None,
    ) -> Iterator[models.Image]:
        """Yield the images that match a search, all pages or up to `limit` images."""

        def page(cursor: str | None) -> Request[models.ImagePage]:
            return operations.list_images(
                q=query, min_score=min_score, status=status, sort=sort, deleted=deleted,
                cursor=cursor, limit=page_size(limit),
            )  # fmt: skip

        return islice(self._pages(page), limit)

    def get_image(self, image_id: str) -> models.Image:
        """Return an image."""
        return self._call(operations.get_image(image_id))

    def similar(self, image_id: str, *, limit: int | None = None) -> list[models.SimilarImage]:
        """Return the images that resemble an image, most similar first."""
        return self._call(operations.list_similar(image_id, limit=limit)).items

    def download(self, image_id: str, file: Path | str) -> Path:
        """Save the uploaded file of an image."""
        request = operations.get_original(image_id)
        return self._run(export.download(self._caller, request, Path(file)))

    def delete(self, image_ids: Iterable[str]) -> models.Deleted:
        """Move images to the trash."""
        return self._call(operations.delete_images(list(image_ids)))

    def restore(self, image_ids: Iterable[str]) -> models.Restored:
        """Restore images from the trash."""
        return self._call(operations.restore_images(list(image_ids)))

    def retry(
        self,
        image_ids: Iterable[str] | None = None,
        *,
        status: Literal["failed", "cancelled"] = "failed",
    ) -> models.Retried:
        """Queue images again: the given ones, or all with a status."""
        ids = None if image_ids is None else list(image_ids)
        return self._call(operations.retry_images(ids=ids, status=status))

    def jobs(self, *, limit: int | None = None) -> Iterator[models.JobSummary]:
        """Yield jobs, newest first."""

        def page(cursor: str | None) -> Request[models.JobPage]:
            return operations.list_jobs(cursor=cursor, limit=page_size(limit))

        return islice(self._pages(page), limit)

    def get_job(self, job_id: str) -> models.Job:
        """Return a job with its items."""
        return self._call(operations.get_job(job_id))

    def retry_job(self, job_id: str) -> models.Job:
        """Queue the failed and cancelled images of a job again."""
        return self._call(operations.retry_job(job_id))

    def cancel_job(self, job_id: str) -> models.Job:
        """Cancel the queued images of a job."""
        return self._call(operations.cancel_job(job_id))

    def export(
        self,
        file: Path | str,
        *,
        query: str = "",
        min_score: float | None = None,
        file_format: str | None = None,
    ) -> Path:
        """Export the images that match a search to a file.

        The default format is the suffix of the file. The file is replaced when it is complete.
        """
        return self._run(
            export.export(self._caller, Path(file), file_format, q=query, min_score=min_score)
        )

    def to_pandas(self, query: str = "", *, min_score: float | None = None) -> "pd.DataFrame":
        """Return the images that match a search as a data frame.

        Raises:
            GalleryError: The extra `pandas` is not installed.
        """
        return self._run(frames.fetch_frame(self._caller, q=query, min_score=min_score))

    def tags(self, prefix: str = "", *, limit: int | None = None) -> list[models.Tag]:
        """Return the tags that start with a prefix, with the number of images."""
        return self._call(operations.list_tags(prefix, limit=limit)).items

    def limits(self) -> models.Limits:
        """Return the limits of uploads and the export formats."""
        return self._call(operations.get_limits())

    def status(self) -> models.Status:
        """Return the state of the queue, the workers and the model."""
        return self._call(operations.get_status())

    def _call(self, request: Request[T]) -> T:
        return self._run(self._caller.call(request))

    def _pages(self, page: Callable[[str | None], Request[Page[Item]]]) -> Iterator[Item]:
        cursor = None
        while True:
            found = self._call(page(cursor))
            yield from found.items
            cursor = found.next
            if cursor is None:
                return

    def _run(self, flow: Flow[T], stop: Event | None = None) -> T:
        """Perform the steps of a flow; `stop` ends its sleeps with an error."""
        stop = stop or Event()
        try:
            step = next(flow)
            while True:
                try:
                    result = self._perform(step, stop)
                except Exception as error:  # noqa: BLE001 (the flow handles or raises it)
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            value: T = end.value
            return value

    def _perform(self, step: Step, stop: Event) -> Any:
        match step:
            case Send():
                return self._send(step)
            case Sleep(seconds):
                if stop.wait(seconds):
                    raise InterruptedError("Interrupted.")
                return None
            case Block(function):
                return function()
            case Together(flows, limit):
                return self._run_together(flows, limit)

    def _run_together(self, flows: Iterable[Flow[None]], limit: int) -> None:
        stop = Event()
        with ThreadPoolExecutor(limit) as pool:
            try:
                list(pool.map(partial(self._run, stop=stop), flows))
            except BaseException:  # Ctrl-C must not wait for retries of the other threads
                stop.set()
                raise

    def _send(self, step: Send) -> Response | NoResponse:
        try:
            with (
                transport.request_options(step.request) as options,
                self._http.stream(**options) as response,
            ):
                if not (step.target and response.is_success):
                    return transport.response_of(response, content=response.read())
                with step.target.open("wb") as output:
                    for part in response.iter_bytes():
                        output.write(part)
                return transport.response_of(response, content=b"")
        except httpx2.TransportError as error:
            return transport.no_response(error)
