"""Errors of the client. Their messages are complete sentences for the user."""


class GalleryError(Exception):
    """Base class of all errors of this package."""


class RequestRefusedError(GalleryError):
    """The gallery refused a request.

    Attributes:
        status: HTTP status code.
        problem_type: Type such as `/problems/not-found`; None without a problem document.
        request_id: Id of the request in the logs of the server, if known.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        problem_type: str | None,
        request_id: str | None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem_type = problem_type
        self.request_id = request_id


class UnavailableError(GalleryError):
    """The gallery did not respond, or was not ready, during the whole retry period."""


class JobUnfinishedError(GalleryError):
    """Waiting ended before the job. The job continues on the server.

    Attributes:
        job_id: Id of the job.
    """

    def __init__(self, job_id: str, reason: str) -> None:
        super().__init__(
            f"{reason} Job {job_id} is not finished and continues on the server. "
            f"Resume with: gallery jobs wait {job_id}"
        )
        self.job_id = job_id
