"""Structured logging for all processes."""

import logging
import warnings
from typing import Literal

import structlog


def configure_logging(log_format: Literal["console", "json"]) -> None:
    """Write the records of structlog and of the standard library to stderr, in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    # Pillow warns about unusual files, which operators cannot change.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    # INFO records about startup, shutdown and each message, which the service logs itself.
    for name in ("uvicorn", "celery"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Warnings about each failed attempt; the service logs the first failure and the recovery.
    for name in ("psycopg.pool", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.ERROR)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger. Events are named `noun.past_participle`; details are fields."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
