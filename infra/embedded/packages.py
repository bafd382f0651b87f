"""Locate the servers inside installed packages."""

from importlib.util import find_spec
from pathlib import Path

from core.errors import ConfigurationError


def package_folder(name: str) -> Path:
    """Return the folder of an installed package without importing it.

    Raises:
        ConfigurationError: The package is not installed.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"The package {name} is not installed. Install the extra `embedded`, "
            "or set GALLERY_DATABASE_URL, GALLERY_REDIS_URL and GALLERY_OBJECTS_URL."
        )
    return Path(spec.submodule_search_locations[0])
