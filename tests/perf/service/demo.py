"""Demo loop: Pillow, resize and `model.predict`, one image at a time."""

import time
from io import BytesIO
from pathlib import Path

_WARM_UP = 3


def measure_demo(weights: Path, images: list[bytes]) -> float:
    """Return images per second."""
    import cv2  # noqa: PLC0415 (only in the process of this measurement)
    import keras  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    model = keras.applications.MobileNetV2(weights=str(weights))

    def classify(data: bytes) -> None:
        pixels = np.array(Image.open(BytesIO(data)).convert("RGB"))
        small = cv2.resize(pixels, (224, 224)).astype(np.float32)
        inputs = keras.applications.mobilenet_v2.preprocess_input(small[np.newaxis])
        np.argsort(model.predict(inputs, verbose=0)[0])[-5:]

    for data in images[:_WARM_UP]:
        classify(data)
    start = time.perf_counter()
    for data in images:
        classify(data)
    return len(images) / (time.perf_counter() - start)
