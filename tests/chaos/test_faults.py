"""Each fault, under load: nothing accepted is lost, nothing is done twice, everything adds up."""

import psutil
import pytest

from tests.chaos.conftest import is_short
from tests.chaos.environment import Environment
from tests.chaos.faults import ON_ANY_STORAGE, ON_S3, Fault
from tests.chaos.load import Load, distinct_picture
from tests.chaos.oracle import check
from tests.support.s3_server import MISSING

SHORT = {
    "kill_a_child",
    "kill_a_worker",
    "kill_the_api",
    "empty_redis",
    "kill_postgres",
    "deliver_often",
    "set_the_clock",
    "objects_answer_503",
}


def faults(among: tuple[Fault, ...]) -> list[Fault]:
    return [fault for fault in among if not is_short() or fault.__name__ in SHORT]


def survive(environment: Environment, fault: Fault, uploads: int) -> None:
    """Cause a fault at a quarter and again at half of the uploads, and check."""
    load = Load(environment.stack.url)
    load.start([distinct_picture() for _ in range(uploads)])
    for share in (0.25, 0.5):
        load.wait_for(share, uploads)
        fault(environment)
    load.finish()
    assert len(load.promised) == uploads
    check(environment, load)


@pytest.mark.parametrize("fault", faults(ON_ANY_STORAGE), ids=lambda fault: fault.__name__)
def test_nothing_accepted_is_lost(environment: Environment, fault: Fault, uploads: int) -> None:
    survive(environment, fault, uploads)


@pytest.mark.parametrize("fault", faults(ON_S3), ids=lambda fault: fault.__name__)
def test_nothing_is_lost_with_its_storage(
    environment: Environment, fault: Fault, uploads: int
) -> None:
    if not environment.to_objects:
        pytest.skip(MISSING)
    workers = [psutil.Process(environment.stack.pid(name)) for name in ("worker-1", "worker-2")]
    children = [worker.children() for worker in workers]
    survive(environment, fault, uploads)
    assert [worker.children() for worker in workers] == children
