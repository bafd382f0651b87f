"""How every process starts: settings, logging, and errors as sentences."""

import sys
from collections.abc import Callable

from pydantic import ValidationError

from core.errors import ConfigurationError, GalleryError
from infra.settings import Settings
from infra.telemetry.logging import configure_logging


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: values that cannot be used; the message names every one of them.
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
    """Run a process's main function; our own errors end it with a sentence, not a traceback."""
    try:
        settings = read_settings()
        configure_logging(settings.log_format)
        main(settings)
    except GalleryError as error:
        sys.stderr.write(f"{name}: {error}\n")
        raise SystemExit(1) from None
