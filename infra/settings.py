"""Settings: environment variables with the prefix GALLERY_, validated at startup."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    ByteSize,
    Field,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError
from core.types import DEAD_AFTER
from core.webhook_signatures import read_secret

# Docker and Kubernetes mount secrets here, as files named `gallery_database_url` and so on.
_SECRETS = Path("/run/secrets")

# The sweeper runs every 2 s and Celery kills a task within 1 s of its time limit, plus 2 s reserve.
_SWEEPS = timedelta(seconds=5)

Precision = Literal["float32", "int8"]


class Settings(BaseSettings):
    """Settings of all processes.

    If the address of Postgres, Redis or object storage is not set, `gallery run` starts an embedded
    server and sets it.
    """

    model_config = SettingsConfigDict(
        env_prefix="GALLERY_", frozen=True, secrets_dir=_SECRETS if _SECRETS.is_dir() else None
    )

    host: str = Field("127.0.0.1", description="Address that the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port that the API listens on.")
    allow_open: bool = Field(
        default=False,
        description="Accept requests from other machines while no API key exists.",
    )
    allowed_hosts: str = Field(
        "",
        description="Comma-separated host names accepted in the `Host` header while no API key "
        "exists. `localhost` and IP addresses are always accepted.",
    )
    data_dir: Path = Field(
        Path("data"),
        description="Directory for the embedded Postgres, embedded object storage, logs and the "
        "compiled model.",
    )
    web_dir: Path = Field(
        Path("web/dist"),
        description="Directory of the built web client. The API serves it if it exists.",
    )

    database_url: SecretStr | None = Field(
        None, description="Postgres address as a libpq URL. Unset: embedded Postgres."
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis address: `redis://[:PASSWORD@]HOST:PORT/DB` or `unix:///PATH`. "
        "Unset: embedded Redis.",
    )
    objects_url: SecretStr | None = Field(
        None,
        description="Object storage: `file:///DIR`, or `http(s)://KEY:SECRET@HOST:PORT/BUCKET` for "
        "MinIO or another S3 service. Unset: files in the data directory.",
    )

    weights: Path | None = Field(
        None,
        description="File with the Keras weights of MobileNetV2. Unset: see the README for the "
        "places that are searched.",
    )
    runtime: Literal["litert", "tensorflow"] = Field(
        "litert", description="Inference runtime: `litert` or `tensorflow`."
    )
    precision: Precision = Field(
        "float32",
        description="Precision of the compiled model: `float32`, or `int8`, which is faster and "
        "slightly less accurate.",
    )
    workers: PositiveInt = Field(
        2, description="Worker processes per machine. Each uses one CPU core."
    )
    chunk_size: PositiveInt = Field(
        16, description="Maximum number of images per batch, that is per queue message."
    )
    # With 45 s, the worker of a hanging image would be found dead only when its lease expires.
    lease: timedelta = Field(
        timedelta(seconds=60),
        gt=timedelta(0),
        description="Lease on a batch, as an ISO 8601 duration. Must exceed "
        "GALLERY_TASK_TIMEOUT by at least 20 s. After it expires, the images return to the queue.",
    )
    task_timeout: timedelta = Field(
        timedelta(seconds=30),
        ge=timedelta(seconds=5),
        description="Time limit for one batch, as an ISO 8601 duration of at least 5 s. A worker "
        "process that exceeds it is killed and replaced.",
    )
    task_memory: ByteSize = Field(
        ByteSize(1536 * 2**20),
        ge=256 * 2**20,
        description="Memory that a worker may use for one image, in addition to the model. "
        "At least 256 MiB.",
    )
    trash_retention: timedelta = Field(
        timedelta(days=30),
        ge=timedelta(0),
        description="ISO 8601 duration after which a deleted image is purged from the trash.",
    )

    audit_retention: timedelta = Field(
        timedelta(days=90),
        ge=timedelta(0),
        description="ISO 8601 duration after which an event is deleted from the audit trail.",
    )

    max_upload_bytes: ByteSize = Field(
        ByteSize(20 * 2**20), gt=0, description="Maximum size of a single file."
    )
    max_request_bytes: ByteSize = Field(
        ByteSize(256 * 2**20), gt=0, description="Maximum size of an upload request."
    )
    max_request_files: PositiveInt = Field(
        1000, description="Maximum number of files in an upload request."
    )
    max_uploads_in_flight: PositiveInt = Field(
        32,
        description="Maximum number of concurrent upload requests per API process. Further ones "
        "are rejected with 503.",
    )
    max_downloads_in_flight: PositiveInt = Field(
        32,
        description="Maximum number of concurrent downloads of originals per API process. Further "
        "ones are rejected with 503.",
    )
    max_long_polls: PositiveInt = Field(
        400,
        description="Maximum number of concurrent long polls per API process. Further ones are "
        "rejected with 503.",
    )
    max_connections: PositiveInt = Field(
        1000,
        description="Maximum number of connections per API process. At the maximum, a further one "
        "replaces an idle one; health probes are always answered.",
    )
    max_connections_address: NonNegativeInt = Field(
        250,
        description="Maximum number of connections per client address and API process. Trusted "
        "proxies are exempt. 0 disables the limit.",
    )
    rate_limit_key: NonNegativeInt = Field(
        12_000, description="Requests per minute and API key. 0 disables the limit."
    )
    rate_limit_address: NonNegativeInt = Field(
        12_000,
        description="Requests per minute and client address. Loopback is exempt. 0 disables the "
        "limit.",
    )
    # 50 megapixels decode to 150 MB; every phone camera's default mode is below that.
    max_pixels: PositiveInt = Field(50_000_000, description="Maximum number of pixels per image.")

    webhook_secret: SecretStr | None = Field(
        None,
        description="Secret that signs webhook deliveries: `whsec_` and Base64. Unset: webhooks "
        "are disabled.",
    )
    webhook_private: bool = Field(
        default=False,
        description="Allow webhook URLs on loopback and private networks.",
    )
    otlp_endpoint: str | None = Field(
        default_factory=lambda: os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="Base URL of an OTLP/HTTP collector for traces. Unset: "
        "OTEL_EXPORTER_OTLP_ENDPOINT; if that is unset as well, tracing is disabled.",
    )
    log_format: Literal["console", "json"] = Field(
        "console", description="Log format: `console` for people, `json` for log collectors."
    )

    @field_validator("webhook_secret")
    @classmethod
    def _check_webhook_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            read_secret(secret.get_secret_value())
        return secret

    @model_validator(mode="after")
    def _check_lease(self) -> Self:
        # The worker process of an image that hangs is killed at the task timeout. It is found dead
        # DEAD_AFTER later, when its heartbeat is missing, and the crash counts against the image.
        # If the lease expired before that, the worker would look alive, no crash would be counted,
        # and the image would be retried without end.
        margin = DEAD_AFTER + _SWEEPS
        if self.lease < self.task_timeout + margin:
            raise ValueError(
                "GALLERY_LEASE must be longer than GALLERY_TASK_TIMEOUT by at least "
                f"{margin.seconds} s"
            )
        return self

    def require_addresses(self) -> None:
        """Check that the addresses of Postgres, Redis and object storage are set.

        Raises:
            ConfigurationError: One of them is not set.
        """
        self.require_database_url()
        self.require_redis_url()
        self.require_objects_url()

    def require_database_url(self) -> str:
        """Return the address of Postgres, or raise ConfigurationError if it is not set."""
        return _required("GALLERY_DATABASE_URL", self.database_url)

    def require_redis_url(self) -> str:
        """Return the address of Redis, or raise ConfigurationError if it is not set."""
        return _required("GALLERY_REDIS_URL", self.redis_url)

    def require_objects_url(self) -> str:
        """Return the address of object storage, or raise ConfigurationError if it is not set."""
        return _required("GALLERY_OBJECTS_URL", self.objects_url)


def _required(name: str, value: SecretStr | None) -> str:
    if value is None:
        raise ConfigurationError(
            f"{name} is not set. Set it, or use `gallery run`, which starts an embedded server."
        )
    return value.get_secret_value()
