"""The demo's loop: Pillow, resize, and `model.predict` for one picture after the other."""

import time
from io import BytesIO
from pathlib import Path

_WARM_UP = 3


def measure_demo(weights: Path, pictures: list[bytes]) -> float:
    """Pictures per second."""
    import cv2  # noqa: PLC0415 (only this measurement's process needs them)
    import keras  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    model = keras.applications.MobileNetV2(weights=str(weights))

    def classify(data: bytes) -> None:
        pixels = np.array(Image.open(BytesIO(data)).convert("RGB"))
        small = cv2.resize(pixels, (224, 224)).astype(np.float32)
        inputs = keras.applications.mobilenet_v2.preprocess_input(small[np.newaxis])
        np.argsort(model.predict(inputs, verbose=0)[0])[-5:]

    for data in pictures[:_WARM_UP]:
        classify(data)
    began = time.perf_counter()
    for data in pictures:
        classify(data)
    return len(pictures) / (time.perf_counter() - began)
