"""Commands `gallery jobs`, `gallery jobs wait`, `retry` and `cancel`."""

from typing import Annotated

import typer
from rich.table import Column, Table

from gallery_client.cli.options import (
    DEFAULT_URL,
    AsJson,
    Key,
    Limit,
    Url,
    open_gallery,
    print_message,
    print_models,
    progress_bars,
)
from gallery_client.gallery import Gallery
from gallery_client.models import Job
from gallery_client.upload import OnProgress, Upload

app = typer.Typer(help="List jobs, newest first; wait for, retry or cancel one.")

JobId = Annotated[str, typer.Argument(metavar="ID", help="Id of the job (`gallery jobs`).")]


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    *,
    url: Url = DEFAULT_URL,
    key: Key = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first; wait for, retry or cancel one."""
    if context.invoked_subcommand:
        return
    with open_gallery(url, key) as gallery:
        found = list(gallery.jobs(limit=limit))
    table = Table(
        Column("id", no_wrap=True), "created", "status", "files", "done", "failed", "rejected"
    )
    for job in found:
        counts = (job.counts.total, job.counts.done, job.counts.failed, job.counts.rejected)
        table.add_row(job.id, f"{job.created_at:%Y-%m-%d %H:%M}", job.status, *map(str, counts))
    print_models(table, found, as_json=as_json)


@app.command()
def wait(
    job_id: JobId,
    *,
    url: Url = DEFAULT_URL,
    key: Key = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Seconds after which to stop; default: no limit.")
    ] = None,
) -> None:
    """Wait until all images of a job are classified.

    Exits with status 1 if a file was rejected or failed.
    """
    with open_gallery(url, key) as gallery, progress_bars() as on_progress:
        job = wait_for(gallery, job_id, job_id, on_progress, timeout=timeout)
    _print_counts(job)
    for item in job.items:
        if item.outcome == "rejected" or item.status in ("failed", "cancelled"):
            print_message(f"{item.name}: {item.problem.detail if item.problem else item.status}")
    raise typer.Exit(1 if job.counts.failed + job.counts.rejected else 0)


@app.command()
def retry(job_id: JobId, *, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Classify the failed and cancelled images of a job again."""
    with open_gallery(url, key) as gallery:
        _print_counts(gallery.retry_job(job_id))


@app.command()
def cancel(job_id: JobId, *, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Cancel the queued images of a job."""
    with open_gallery(url, key) as gallery:
        _print_counts(gallery.cancel_job(job_id))


def wait_for(
    gallery: Gallery,
    job: str | Upload,
    job_id: str,
    on_progress: OnProgress,
    *,
    timeout: float | None = None,
) -> Job:
    """Wait for a job. Ctrl-C ends only the wait: print how to resume it, and exit."""
    try:
        return gallery.wait(job, timeout=timeout, on_progress=on_progress)
    except KeyboardInterrupt:
        print_message(
            f"Job {job_id} continues on the server. Resume with: gallery jobs wait {job_id}"
        )
        raise typer.Exit(130) from None


def _print_counts(job: Job) -> None:
    counts = job.counts
    print_message(
        f"Job {job.id}: {job.status}, {counts.total} files, {counts.done} done, "
        f"{counts.unfinished} waiting, {counts.failed} failed, {counts.rejected} rejected."
    )
