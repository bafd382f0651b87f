#!/bin/sh
# Builds the model into the worker's image, from weights in /weights or from Keras's download.
# Having neither is no reason to stop: such a worker says what it lacks, and jobs wait.
set -eu

python=/opt/venv/bin/python
mkdir -p "$GALLERY_DATA_DIR"

weights=$(find /weights -name '*.h5' | head -n 1)
if [ ! -f "$weights" ]; then
	echo "No weights were given to the build; asking Keras for its own." >&2
	# The last line is the path; Keras tells of its progress before it.
	weights=$($python -m worker.model.compile --download 2>/tmp/keras.log | tail -n 1)
fi

if [ -f "$weights" ]; then
	GALLERY_WEIGHTS=$weights $python -c '
from infra.settings import Settings
from worker.model.cache import find_compiled
print(find_compiled(Settings()))'
else
	tail -n 1 /tmp/keras.log >&2
	echo "No weights at all: the workers of this image will wait for some." >&2
fi
