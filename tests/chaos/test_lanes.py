"""Priority of the interactive lane over the bulk lane."""

import time

from tests.chaos.environment import Environment
from tests.chaos.load import Load, distinct_image
from tests.chaos.oracle import check


def test_single_upload_is_classified_before_a_bulk_load(
    environment: Environment, uploads: int
) -> None:
    """Checks the order only; the soak test measures the latency."""
    bulk = Load(environment.stack.url, clients=1, per_request=500)
    bulk.start([distinct_image() for _ in range(uploads * 2)])
    bulk.wait_for(0.5, uploads * 2)
    start = time.monotonic()
    single = environment.stack.post_files(("one.jpg", distinct_image()))
    environment.stack.wait_for_job(single["id"])
    seconds = time.monotonic() - start
    queued = environment.query("SELECT count(*) FROM images WHERE status = 'queued'")
    bulk.finish()
    check(environment, bulk)
    assert queued > [(0,)], f"the bulk load ended before the single upload ({seconds:.1f} s)"
