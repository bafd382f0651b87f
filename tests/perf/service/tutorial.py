"""Service as in tutorials: FastAPI sends each file to a Celery task, which classifies it.

The message contains the file, Redis contains the result, and nothing is stored. `tutorial_run.py`
starts it with TUTORIAL_BROKER, TUTORIAL_RESULTS and TUTORIAL_WEIGHTS.
"""

import base64
import os
from io import BytesIO
from typing import Any

from celery import Celery
from fastapi import FastAPI, UploadFile

celery = Celery(
    "tutorial", broker=os.environ["TUTORIAL_BROKER"], backend=os.environ["TUTORIAL_RESULTS"]
)
app = FastAPI()
_loaded: list[Any] = []


@app.post("/predict")
async def predict(file: UploadFile) -> dict[str, str]:
    """Queue an image and return the id of the task."""
    task = classify.delay(base64.b64encode(await file.read()).decode())
    return {"task_id": task.id}


@celery.task  # type: ignore[untyped-decorator]
def classify(encoded: str) -> list[list[float]]:
    """Return the five best classes of an image with their scores."""
    import keras  # noqa: PLC0415 (in the worker only)
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    if not _loaded:
        _loaded.append(keras.applications.MobileNetV2(weights=os.environ["TUTORIAL_WEIGHTS"]))
    image = Image.open(BytesIO(base64.b64decode(encoded))).convert("RGB").resize((224, 224))
    inputs = keras.applications.mobilenet_v2.preprocess_input(np.array(image, np.float32))
    scores = _loaded[0].predict(inputs[np.newaxis], verbose=0)[0]
    return [[int(index), float(scores[index])] for index in np.argsort(scores)[::-1][:5]]
