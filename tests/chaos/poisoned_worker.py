"""Worker whose decoder crashes, hangs or fails on images that end with a poison marker.

No file is known to break the current decoders, so the marker simulates one.
"""

import ctypes
from typing import Any

from celery.signals import worker_process_init

FAILURES = ("segfault", "hang", "memory", "error")


def poison(failure: str) -> bytes:
    """Return the marker to append to a valid file."""
    return b"\x00POISON " + failure.encode()


def fail(failure: str) -> None:
    """Simulate a failure of the decoder."""
    if failure == "segfault":
        ctypes.string_at(0)
    elif failure == "hang":
        while True:
            # Native code that releases the GIL, as decoders do, so the heartbeat continues.
            ctypes.CDLL(None).pause()
    elif failure == "memory":
        bytearray(1 << 36)
    else:
        raise RuntimeError("unexpected error")


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def poison_the_decoder(**_: object) -> None:
    from worker import pipeline  # noqa: PLC0415 (native: load after the fork)

    decode: Any = pipeline.decode  # type: ignore[attr-defined]

    def decode_or_fail(data: bytes, *arguments: Any, **options: Any) -> Any:
        for failure in FAILURES:
            if data.endswith(poison(failure)):
                fail(failure)
        return decode(data, *arguments, **options)

    pipeline.decode = decode_or_fail  # type: ignore[attr-defined]


if __name__ == "__main__":
    from worker.__main__ import main

    main()
