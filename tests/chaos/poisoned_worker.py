"""The real worker, in which a picture that names a harm does that harm when it is decoded.

No picture is known to break today's decoders; those that will are stood for by these.
"""

import ctypes
from typing import Any

from celery.signals import worker_process_init

HARMS = ("segfault", "hang", "memory", "error")


def poison(harm: str) -> bytes:
    """Bytes to append to a good picture."""
    return b"\x00POISON " + harm.encode()


def do_harm(harm: str) -> None:
    if harm == "segfault":
        ctypes.string_at(0)
    elif harm == "hang":
        while True:
            # Native code that never ends; as decoders do, it lets the heartbeat's thread go on.
            ctypes.CDLL(None).pause()
    elif harm == "memory":
        bytearray(1 << 36)
    else:
        raise RuntimeError("an error that nobody foresaw")


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def poison_the_decoder(**_: object) -> None:
    from worker import pipeline  # noqa: PLC0415 (native: after the fork, as the worker does)

    decode: Any = pipeline.decode  # type: ignore[attr-defined]

    def decode_or_harm(data: bytes, *arguments: Any, **options: Any) -> Any:
        for harm in HARMS:
            if data.endswith(poison(harm)):
                do_harm(harm)
        return decode(data, *arguments, **options)

    pipeline.decode = decode_or_harm  # type: ignore[attr-defined]


if __name__ == "__main__":
    from worker.__main__ import main

    main()
