"""Finding Keras weights of MobileNetV2."""

from collections.abc import Iterator
from pathlib import Path

from core.errors import WeightsNotFoundError
from infra.settings import Settings

# The name Keras publishes them under, and the one it keeps them under after a download.
FILE_NAMES = (
    "mobilenet_v2_1.0_224.weights.h5",
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
)
CHECKOUT = Path(__file__).resolve().parents[2]


def find_weights(settings: Settings) -> Path:
    """Return the first weights file there is, in the order that the README gives.

    Raises:
        WeightsNotFoundError: there is none; the message says where it looked.
    """
    looked: list[Path] = []
    for path in _places(settings):
        if path.is_file():
            return path
        looked.append(path.parent)
    places = ", ".join(str(place) for place in dict.fromkeys(looked))
    raise WeightsNotFoundError(
        f"No MobileNetV2 weights in {places}. Put {FILE_NAMES[0]} there or set GALLERY_WEIGHTS."
    )


def _places(settings: Settings) -> Iterator[Path]:
    if settings.weights is not None:
        yield settings.weights
        return  # whoever names a file means that one and no other
    folders = (
        settings.data_dir / "models",
        CHECKOUT.parent / "shared" / "models",
        Path.home() / ".keras" / "models",
    )
    for folder in folders:
        for name in FILE_NAMES:
            yield folder / name
