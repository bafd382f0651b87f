#!/bin/sh
# Resolve pyproject.toml into lock files with versions and hashes, without index URLs. Requires `uv`.
set -eu
cd "$(dirname "$0")/.."
lock() {
    uv pip compile "$@" --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --quiet -c requirements/constraints.in
}
# For `make run` and `make test`: all extras and the group `dev`, all platforms.
lock pyproject.toml client/pyproject.toml requirements/build.in --all-extras \
    --group dev -o requirements/all.txt
# For the container images: the same versions, only the extras that each one needs.
image() {
    name=$1
    shift
    lock pyproject.toml requirements/build.in "$@" -c requirements/all.txt -o "requirements/$name.txt"
}
image api --extra api --extra telemetry
image worker --extra worker --extra telemetry
image compile --extra worker --extra compile
