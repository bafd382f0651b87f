"""Looks for files that break the way of a picture, guided by the code that they reach.

Needs `atheris`, which `make fuzz` installs. A file that breaks it is written beside, as
`crash-HASH`; keep it as a test.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris  # type: ignore[import-not-found]  # Linux only, and only for this

SECONDS = 300

with atheris.instrument_imports(include=["api", "worker", "infra", "PIL"]):
    from tests.fuzz.judge import outcome_of
    from tests.fuzz.test_decode import SEEDS


def main() -> None:
    with TemporaryDirectory() as folder:
        for kind, data in SEEDS.items():
            (Path(folder) / kind).write_bytes(data)
        options = [f"-max_total_time={SECONDS}", "-rss_limit_mb=3000", "-timeout=30"]
        atheris.Setup([sys.argv[0], folder, *options, *sys.argv[1:]], outcome_of)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
