"""Settings that contradict each other are rejected."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from core.types import DEAD_AFTER
from infra.settings import Settings


def test_default_lease_outlasts_the_detection_of_a_dead_worker() -> None:
    settings = Settings()

    assert settings.lease > settings.task_timeout + DEAD_AFTER


@pytest.mark.parametrize(("lease", "task_timeout"), [(45, 40), (60, 41), (30, 30), (49, 30)])
def test_lease_that_is_too_short_for_the_task_timeout_is_rejected(
    lease: int, task_timeout: int
) -> None:
    with pytest.raises(ValidationError, match="GALLERY_LEASE must be longer"):
        Settings(lease=timedelta(seconds=lease), task_timeout=timedelta(seconds=task_timeout))


def test_default_lease_allows_a_task_timeout_of_forty_seconds() -> None:
    assert Settings(task_timeout=timedelta(seconds=40)).lease == timedelta(seconds=60)
