"""Each fault during uploads: accepted images are classified once, and counts are consistent."""

import psutil
import pytest

from tests.chaos.conftest import is_short
from tests.chaos.environment import Environment
from tests.chaos.faults import ON_ANY_STORAGE, ON_S3, Fault
from tests.chaos.load import Load, distinct_image
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


def select(faults: tuple[Fault, ...]) -> list[Fault]:
    """Return the faults to test: all, or with CHAOS=short those in SHORT."""
    return [fault for fault in faults if not is_short() or fault.__name__ in SHORT]


def inject(environment: Environment, fault: Fault, uploads: int) -> None:
    """Inject a fault after 25 % and after 50 % of the uploads, and check the invariants."""
    load = Load(environment.stack.url)
    load.start([distinct_image() for _ in range(uploads)])
    for share in (0.25, 0.5):
        load.wait_for(share, uploads)
        fault(environment)
    load.finish()
    assert len(load.accepted) == uploads
    check(environment, load)


@pytest.mark.parametrize("fault", select(ON_ANY_STORAGE), ids=lambda fault: fault.__name__)
def test_accepted_images_survive_fault(
    environment: Environment, fault: Fault, uploads: int
) -> None:
    inject(environment, fault, uploads)


@pytest.mark.parametrize("fault", select(ON_S3), ids=lambda fault: fault.__name__)
def test_accepted_images_survive_fault_of_object_storage(
    environment: Environment, fault: Fault, uploads: int
) -> None:
    if not environment.to_objects:
        pytest.skip(MISSING)
    workers = [psutil.Process(environment.stack.pid(name)) for name in ("worker-1", "worker-2")]
    children = [worker.children() for worker in workers]
    inject(environment, fault, uploads)
    assert [worker.children() for worker in workers] == children
