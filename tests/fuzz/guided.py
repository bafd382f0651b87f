"""Coverage-guided fuzzing of validation, decoding and thumbnails: `make fuzz`.

Requires `atheris`, which `make fuzz` installs. A file that raises an unexpected error is written to
`crash-HASH` in the current folder; add it to the tests.
"""

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

SECONDS = 300


def main() -> None:
    """Fuzz for five minutes; further arguments are passed to libFuzzer."""
    atheris = import_module("atheris")  # Linux only, not a locked dependency
    with atheris.instrument_imports(include=["api", "worker", "infra", "PIL"]):
        outcome_of = import_module("tests.fuzz.judge").outcome_of
        seeds = import_module("tests.fuzz.test_decode").SEEDS
    with TemporaryDirectory() as folder:
        for kind, data in seeds.items():
            (Path(folder) / kind).write_bytes(data)
        options = [f"-max_total_time={SECONDS}", "-rss_limit_mb=3000", "-timeout=30"]
        atheris.Setup([sys.argv[0], folder, *options, *sys.argv[1:]], outcome_of)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
