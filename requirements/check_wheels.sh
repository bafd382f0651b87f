#!/bin/sh
# Check that every locked dependency has a wheel for each supported platform and Python version.
# Prints a table; exits with 1 if a wheel is missing. Requires `uv`.
set -eu
cd "$(dirname "$0")/.."

# The reason why dependencies cannot be resolved from wheels alone, or nothing.
missing() {
    platform=$1 python=$2
    shift 2
    uv pip compile "$@" requirements/build.in -c requirements/all.txt \
        --only-binary :all: --python-platform "$platform" --python-version "$python" \
        2>&1 >/dev/null --quiet | sed -n 's/^ *cause: //p'
}

status=0
row() {
    [ "$4" = ok ] || status=1
    printf '%-24s %-7s %-11s %s\n' "$@"
}

printf '%-24s %-7s %-11s %s\n' platform python extras wheels
for platform in x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin; do
    for python in 3.11 3.12 3.13 3.14; do
        reason=$(missing $platform $python pyproject.toml client/pyproject.toml --extra api --extra worker --extra embedded \
            --extra telemetry --extra pandas --group dev)
        row $platform $python "all others" "${reason:-ok}"
        reason=$(missing $platform $python pyproject.toml --extra compile)
        row $platform $python compile "${reason:-ok}"
    done
done
exit $status
