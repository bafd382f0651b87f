"""Everything a process reads from its environment, validated at start."""

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

# Where Docker and Kubernetes put secrets: files named `gallery_database_url` and so on.
_SECRETS = Path("/run/secrets")

# The sweeper looks every two seconds, and Celery kills within one.
_SWEEPS = timedelta(seconds=5)

Precision = Literal["float32", "int8"]


class Settings(BaseSettings):
    """The settings of every process. Unset addresses mean: embedded, started by `gallery run`."""

    model_config = SettingsConfigDict(
        env_prefix="GALLERY_", frozen=True, secrets_dir=_SECRETS if _SECRETS.is_dir() else None
    )

    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on.")
    allow_open: bool = Field(
        default=False,
        description="Answer everybody who reaches the service, as long as it has no API keys.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names, besides localhost and addresses, under which a gallery without API "
        "keys may be asked for, with commas between them.",
    )
    data_dir: Path = Field(
        Path("data"), description="Embedded Postgres, Redis and objects, and the compiled model."
    )
    web_dir: Path = Field(
        Path("web/dist"), description="The built web client that the API serves, if it is there."
    )

    database_url: SecretStr | None = Field(None, description="Postgres, as a libpq URL.")
    redis_url: SecretStr | None = Field(
        None, description="Redis, as `redis://[:PASSWORD@]HOST:PORT/DB` or `unix:///PATH`."
    )
    objects_url: SecretStr | None = Field(
        None,
        description="`file:///DIR`, or `http(s)://KEY:SECRET@HOST:PORT/BUCKET` (MinIO, any S3).",
    )

    weights: Path | None = Field(
        None, description="Keras weights of MobileNetV2. See the README for where else it looks."
    )
    runtime: Literal["litert", "tensorflow"] = Field(
        "litert", description="What runs the model: the compiled LiteRT model, or TensorFlow."
    )
    precision: Precision = Field(
        "float32",
        description="Of the compiled model: `int8` is faster and a little less exact.",
    )
    workers: PositiveInt = Field(2, description="Worker processes per machine; one core each.")
    chunk_size: PositiveInt = Field(16, description="Pictures named by one queue message, at most.")
    # 45 s would be just the time after which a hanging picture's worker is known to be dead.
    lease: timedelta = Field(
        timedelta(seconds=60),
        gt=timedelta(0),
        description="How long a worker may hold pictures before they are given to another.",
    )
    task_timeout: timedelta = Field(
        timedelta(seconds=30),
        ge=timedelta(seconds=5),
        description="How long one message may take before its worker process is replaced.",
    )
    task_memory: ByteSize = Field(
        ByteSize(1536 * 2**20),
        ge=256 * 2**20,
        description="Memory that one picture may take in a worker, beyond the model's own.",
    )
    trash_retention: timedelta = Field(
        timedelta(days=30),
        ge=timedelta(0),
        description="How long a deleted picture can be restored before it is purged.",
    )

    max_upload_bytes: ByteSize = Field(
        ByteSize(20 * 2**20), gt=0, description="Largest single file."
    )
    max_request_bytes: ByteSize = Field(
        ByteSize(256 * 2**20), gt=0, description="Largest upload request, all files together."
    )
    max_request_files: PositiveInt = Field(1000, description="Most files in one upload request.")
    max_uploads_in_flight: PositiveInt = Field(
        32, description="Upload requests that one API process reads at the same time."
    )
    rate_limit_key: NonNegativeInt = Field(
        12_000, description="Requests that one API key may make in a minute; 0: any number."
    )
    rate_limit_address: NonNegativeInt = Field(
        12_000,
        description="Requests in a minute from one address, this machine's apart; 0: any number.",
    )
    # 50 megapixels decode to 150 MB; every phone camera's default mode is below that.
    max_pixels: PositiveInt = Field(50_000_000, description="Most pixels in one picture.")

    webhook_secret: SecretStr | None = Field(
        None, description="Signs webhooks; none are sent unless it is set."
    )
    webhook_private: bool = Field(
        default=False, description="Let webhooks go to this machine and into private networks."
    )
    otlp_endpoint: str | None = Field(
        default_factory=lambda: os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="Where traces go, by OTLP over HTTP; none are made unless it is set.",
    )
    log_format: Literal["console", "json"] = Field("console", description="How logs are written.")

    @field_validator("webhook_secret")
    @classmethod
    def _can_sign(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            read_secret(secret.get_secret_value())
        return secret

    @model_validator(mode="after")
    def _worker_death_shows_before_the_lease_ends(self) -> Self:
        # A picture that hangs has its worker process killed when the task's time is up, and that
        # shows when its heartbeat has been missing for so long. Were the lease over before, the
        # worker would pass for alive and the picture for innocent, time and again.
        least = DEAD_AFTER + _SWEEPS
        if self.lease < self.task_timeout + least:
            raise ValueError(
                f"GALLERY_LEASE must be longer than GALLERY_TASK_TIMEOUT by {least.seconds} s"
            )
        return self

    def require_addresses(self) -> None:
        """See to it that Postgres, Redis and object storage are named.

        Raises:
            ConfigurationError: one of them is not.
        """
        self.require_database_url()
        self.require_redis_url()
        self.require_objects_url()

    def require_database_url(self) -> str:
        return _required("GALLERY_DATABASE_URL", self.database_url)

    def require_redis_url(self) -> str:
        return _required("GALLERY_REDIS_URL", self.redis_url)

    def require_objects_url(self) -> str:
        return _required("GALLERY_OBJECTS_URL", self.objects_url)


def _required(name: str, value: SecretStr | None) -> str:
    if value is None:
        raise ConfigurationError(
            f"{name} is not set. Set it, or start everything with `gallery run`, which sets it."
        )
    return value.get_secret_value()
