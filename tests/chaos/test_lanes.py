"""A single upload overtakes a bulk load."""

import time

from tests.chaos.environment import Environment
from tests.chaos.load import Load, distinct_picture
from tests.chaos.oracle import check


def test_single_uploads_overtake_a_bulk_load(environment: Environment, uploads: int) -> None:
    """Ordering, not speed: how long it takes is measured by the soak."""
    bulk = Load(environment.stack.url, clients=1, per_request=500)
    bulk.start([distinct_picture() for _ in range(uploads * 2)])
    bulk.wait_for(0.5, uploads * 2)
    begun = time.monotonic()
    single = environment.stack.post_files(("one.jpg", distinct_picture()))
    environment.stack.wait_for_job(single["id"])
    took = time.monotonic() - begun
    waiting = environment.query("SELECT count(*) FROM images WHERE status = 'queued'")
    bulk.finish()
    check(environment, bulk)
    assert waiting > [(0,)], f"the bulk load was through before the single upload ({took:.1f} s)"
