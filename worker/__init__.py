"""Worker: Celery application that classifies images and trains custom tags."""

import os

# One thread per process, as for the model: GALLERY_WORKERS sets the number of processes. numpy
# reads the variable when it is imported, after the fork.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
