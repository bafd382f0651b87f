"""Settings that would break a promise are refused."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from core.types import DEAD_AFTER
from infra.settings import Settings


def test_a_worker_that_hangs_is_known_to_be_dead_before_its_lease_ends() -> None:
    settings = Settings()

    assert settings.lease > settings.task_timeout + DEAD_AFTER


@pytest.mark.parametrize(("lease", "task_timeout"), [(45, 40), (60, 41), (30, 30), (49, 30)])
def test_a_lease_that_ends_while_a_dead_worker_passes_for_alive_is_refused(
    lease: int, task_timeout: int
) -> None:
    with pytest.raises(ValidationError, match="GALLERY_LEASE must be longer"):
        Settings(lease=timedelta(seconds=lease), task_timeout=timedelta(seconds=task_timeout))


def test_a_task_may_take_ten_seconds_more_with_the_usual_lease() -> None:
    assert Settings(task_timeout=timedelta(seconds=40)).lease == timedelta(seconds=60)
