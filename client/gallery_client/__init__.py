"""Typed client of the AI Image Gallery Manager: `Gallery`, and `AsyncGallery` for asyncio."""

from gallery_client.async_gallery import AsyncGallery
from gallery_client.errors import (
    GalleryError,
    JobUnfinishedError,
    RequestRefusedError,
    UnavailableError,
)
from gallery_client.files import LocalFile
from gallery_client.flow import Retries
from gallery_client.gallery import Gallery
from gallery_client.models import (
    Category,
    Image,
    Job,
    JobCounts,
    JobItem,
    JobSummary,
    Limits,
    Prediction,
    Reason,
    SimilarImage,
    Status,
    Tag,
)
from gallery_client.upload import Progress, Upload

__all__ = [
    "AsyncGallery",
    "Category",
    "Gallery",
    "GalleryError",
    "Image",
    "Job",
    "JobCounts",
    "JobItem",
    "JobSummary",
    "JobUnfinishedError",
    "Limits",
    "LocalFile",
    "Prediction",
    "Progress",
    "Reason",
    "RequestRefusedError",
    "Retries",
    "SimilarImage",
    "Status",
    "Tag",
    "UnavailableError",
    "Upload",
]
