#!/bin/sh
# Compile the model into the worker image, from weights in /weights or from Keras's download.
# The build succeeds without weights: the worker then reports `no_weights`, and images stay queued.
set -eu

python=/opt/venv/bin/python
mkdir -p "$GALLERY_DATA_DIR"

weights=$(find /weights -name '*.h5' | head -n 1)
if [ ! -f "$weights" ]; then
	echo "No weights in the build context; downloading them with Keras." >&2
	# The last line of the output is the path; the lines before it show the progress.
	weights=$($python -m worker.model.compile --download 2>/tmp/keras.log | tail -n 1)
fi

if [ -f "$weights" ]; then
	GALLERY_WEIGHTS=$weights $python -c '
from infra.settings import Settings
from worker.model.cache import find_compiled
print(find_compiled(Settings()))'
else
	tail -n 1 /tmp/keras.log >&2
	echo "No weights: workers of this image cannot classify. See docs/how-to/docker-compose.md." >&2
fi
