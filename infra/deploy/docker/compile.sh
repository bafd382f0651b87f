#!/bin/sh
# Compile the model into the worker image, from weights in /weights or from Keras's download.
# The build succeeds without weights: the worker then reports `no_weights`, and images stay queued.
# It fails if the weights are not the expected ones: WEIGHTS_SHA256, or the published file's hash for
# a download.
set -eu

# mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5, as Keras publishes it
readonly published=3e195a2857356cfc092cbbb460beb2a5bce279015d7792598b8d3d9e451902e3

python=/opt/venv/bin/python
mkdir -p "$GALLERY_DATA_DIR/models"

expected=${WEIGHTS_SHA256:-}
weights=$(find /weights -name '*.h5' | head -n 1)
if [ ! -f "$weights" ]; then
	echo "No weights in the build context; downloading them with Keras." >&2
	# The last line of the output is the path; the lines before it show the progress.
	weights=$($python -m worker.model.compile --download 2>/tmp/keras.log | tail -n 1)
	expected=${expected:-$published}
fi

if [ ! -f "$weights" ]; then
	tail -n 1 /tmp/keras.log >&2
	cp infra/deploy/docker/no-weights.txt "$GALLERY_DATA_DIR/models/"
	cat infra/deploy/docker/no-weights.txt >&2
	exit
fi

actual=$(sha256sum "$weights" | cut -d ' ' -f 1)
if [ -n "$expected" ] && [ "$actual" != "$expected" ]; then
	echo "The SHA-256 of the weights is $actual instead of $expected." >&2
	echo "If these are the weights you want, set GALLERY_BUILD_WEIGHTS_SHA256=$actual" >&2
	exit 1
fi
GALLERY_WEIGHTS=$weights $python -c '
from infra.settings import Settings
from worker.model.cache import find_compiled
print(find_compiled(Settings()))'
