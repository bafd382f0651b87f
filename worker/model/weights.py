"""Find the Keras weights of MobileNetV2."""

from collections.abc import Iterator
from pathlib import Path

from core.errors import WeightsNotFoundError
from infra.settings import Settings

# Names of the file as Keras publishes it and as it is named in Keras's cache.
FILE_NAMES = (
    "mobilenet_v2_1.0_224.weights.h5",
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
)
CHECKOUT = Path(__file__).resolve().parents[2]


def find_weights(settings: Settings) -> Path:
    """Return the first weights file that exists, in the order documented in the README.

    Raises:
        WeightsNotFoundError: No file exists; the message lists the folders searched, or is the
            note that the container image contains.
    """
    searched: list[Path] = []
    for path in _candidates(settings):
        if path.is_file():
            return path
        searched.append(path.parent)
    note = settings.data_dir / "models" / "no-weights.txt"
    if note.is_file():  # written by the build of a worker image, where other advice applies
        raise WeightsNotFoundError(note.read_text().strip())
    folders = ", ".join(str(folder) for folder in dict.fromkeys(searched))
    raise WeightsNotFoundError(
        f"No MobileNetV2 weights in {folders}. Put {FILE_NAMES[0]} there or set GALLERY_WEIGHTS."
    )


def _candidates(settings: Settings) -> Iterator[Path]:
    if settings.weights is not None:
        yield settings.weights
        return  # a configured file has no fallback
    folders = (
        settings.data_dir / "models",
        CHECKOUT.parent / "shared" / "models",
        Path.home() / ".keras" / "models",
    )
    for folder in folders:
        for name in FILE_NAMES:
            yield folder / name
