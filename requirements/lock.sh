#!/bin/sh
# Resolve pyproject.toml into lock files with versions and hashes, without index URLs. Requires `uv`.
set -eu
cd "$(dirname "$0")/.."
lock() {
    uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --quiet -c requirements/constraints.in "$@"
}
# For `make run` and `make test`: all extras and the group `dev`, all platforms.
lock --all-extras --group dev requirements/build.in -o requirements/all.txt
# For the container images: the same versions, only the extras that each one needs.
lock --extra api --extra telemetry -c requirements/all.txt requirements/build.in -o requirements/api.txt
lock --extra worker --extra telemetry -c requirements/all.txt requirements/build.in -o requirements/worker.txt
lock --extra worker --extra compile -c requirements/all.txt requirements/build.in \
    -o requirements/compile.txt
