"""Startup shared by all processes: settings, logging and error reporting."""

import sys
from collections.abc import Callable

from pydantic import ValidationError

from core.errors import ConfigurationError, GalleryError
from infra.settings import Settings
from infra.telemetry.logging import configure_logging


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: At least one setting is invalid. The message names all invalid settings.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = [
            f"{'_'.join(['GALLERY', *(str(part).upper() for part in each['loc'])])}: {each['msg']}"
            if each["loc"]
            else each["msg"]
            for each in error.errors()
        ]
        raise ConfigurationError("; ".join(faults)) from None  # the cause would print the values


def start(name: str, main: Callable[[Settings], None]) -> None:
    """Read the settings, configure logging and run the main function of a process.

    A `GalleryError` is printed to stderr as one line after `name`, without a traceback.

    Raises:
        SystemExit: With status 1 after a `GalleryError`.
    """
    try:
        settings = read_settings()
        configure_logging(settings.log_format)
        main(settings)
    except GalleryError as error:
        sys.stderr.write(f"{name}: {error}\n")
        raise SystemExit(1) from None
