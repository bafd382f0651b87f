"""Webhook signatures, verified with the Standard Webhooks library."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from core.webhook_signatures import read_secret, sign

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def test_signature_equals_that_of_reference_library() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    headers = sign(KEY, "msg_1", int(moment.timestamp()), '{"a": "ü"}')

    assert headers["Webhook-Signature"] == Webhook(SECRET).sign("msg_1", moment, '{"a": "ü"}')


def test_secret_decodes_to_key() -> None:
    assert read_secret(SECRET) == KEY


@pytest.mark.parametrize("secret", ["", "secret", "whsec_", "whsec_!!!", "whsec_c2hvcnQ="])
def test_invalid_secret_raises_value_error(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        read_secret(secret)
