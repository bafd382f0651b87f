"""The `Webhook-URL` header of a submission."""

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
        description="URL that receives a signed `POST` request when the job ends. "
        "See docs/reference/api.md. Refused with 422 if no signing secret is configured.",
    ),
]


def check_webhook(url: str | None, settings: Settings) -> None:
    """Validate the webhook URL of a submission; None is valid.

    Raises:
        InvalidRequestError: No signing secret is configured, or the URL is malformed or names a
            private address.
    """
    if url is None:
        return
    if settings.webhook_secret is None:
        raise InvalidRequestError(
            "Webhooks are disabled: GALLERY_WEBHOOK_SECRET is not set. "
            "Send the request without `Webhook-URL`."
        )
    read_url(url, allow_private=settings.webhook_private)
