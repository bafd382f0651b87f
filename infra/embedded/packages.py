"""Where the servers inside installed packages are."""

from importlib.util import find_spec
from pathlib import Path

from core.errors import ConfigurationError


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it.

    Raises:
        ConfigurationError: it is not installed.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"The package {name} is missing: install the `embedded` extra, "
            "or set GALLERY_DATABASE_URL, GALLERY_REDIS_URL and GALLERY_OBJECTS_URL."
        )
    return Path(spec.submodule_search_locations[0])
