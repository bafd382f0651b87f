"""Asking to be told when a job has ended."""

from typing import Annotated

from fastapi import Header

from api.webhooks.ssrf import MAX_URL_LENGTH, read_url
from core.errors import InvalidRequestError
from infra.settings import Settings

WebhookUrl = Annotated[
    str | None,
    Header(
        alias="Webhook-URL",
        max_length=MAX_URL_LENGTH,
        description="Where to `POST` a signed message when the job has ended: see docs/api.md. "
        "422 where the gallery has no secret to sign with.",
    ),
]


def check_webhook(url: str | None, settings: Settings) -> None:
    """See to it that a webhook can be delivered, as far as that can be told now.

    Raises:
        InvalidRequestError: there is no secret to sign with, or its address is none, or one where
            we may not send to.
    """
    if url is None:
        return
    if settings.webhook_secret is None:
        raise InvalidRequestError(
            "This gallery sends no webhooks: GALLERY_WEBHOOK_SECRET is not set."
        )
    read_url(url, allow_private=settings.webhook_private)
