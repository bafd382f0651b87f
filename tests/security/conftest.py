"""Fixtures of the security tests: a real API process with API keys, observed during attacks."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx2
import psycopg
import pytest

from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.security.client import Attacker
from tests.security.monitor import HEALTH_SECONDS, MAX_RESIDENT_BYTES, Monitor
from tests.support.processes import Stack, running_stack

_REPORT = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this package."""
    group = parser.getgroup("security")
    group.addoption(
        "--attack-seconds", type=float, default=5.0, help="duration of each attack (default: 5)"
    )
    group.addoption(
        "--latency-factor",
        type=float,
        default=10.0,
        help="multiple of 100 ms that the 95th percentile of /healthz may take during an attack "
        "(default: 10, for a machine that other programs use)",
    )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table of attacks."""
    rows = config.stash.get(_REPORT, [])
    if rows:
        terminalreporter.section("attacks")
        terminalreporter.write_line("| attack | API memory before → peak | /healthz p95 |")
        terminalreporter.write_line("| --- | --- | --- |")
        for row in rows:
            terminalreporter.write_line(row)


class Observe(Protocol):
    """Observe the service while the block, an attack, runs."""

    def __call__(self) -> AbstractContextManager[Monitor]: ...


@dataclass(frozen=True)
class Service:
    """A running API process with two clients, and the duration of an attack on it."""

    stack: Stack
    keys: dict[str, str]
    attack_seconds: float

    @property
    def url(self) -> str:
        """Base URL."""
        return self.stack.url

    def headers_of(self, client: str) -> dict[str, str]:
        """Return the headers that authenticate a client."""
        return {"Authorization": f"Bearer {self.keys[client]}"}

    def upload(self, client: str, data: bytes) -> Any:
        """Upload a file and return the job."""
        response = httpx2.post(
            f"{self.url}/api/v1/jobs",
            files={"files": ("a.jpg", data)},
            headers=self.headers_of(client),
            timeout=120,
        )
        response.raise_for_status()
        return response.json()


@pytest.fixture
def service(settings: Settings, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Service]:
    """Run an API process for the clients mallory, who attacks, and alice."""
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        keys = {name: create_key(conn, name, ["read", "submit"]) for name in ("mallory", "alice")}
    with running_stack(settings, tmp_path, workers=0) as stack:
        yield Service(stack, keys, pytestconfig.getoption("--attack-seconds"))


@pytest.fixture
def mallory(service: Service) -> Iterator[Attacker]:
    """Client that attacks, with a valid key."""
    with Attacker(service.stack.port, service.keys["mallory"]) as attacker:
        yield attacker


@pytest.fixture
def stranger(service: Service) -> Iterator[Attacker]:
    """Client that attacks without a key."""
    with Attacker(service.stack.port, None) as attacker:
        yield attacker


@pytest.fixture
def observe(service: Service, request: pytest.FixtureRequest) -> Observe:
    """Check memory and health during an attack, and add a row to the report."""
    config = request.config

    @contextmanager
    def observe() -> Iterator[Monitor]:
        with Monitor(service.url, service.stack.pid("api")) as monitor:
            yield monitor
        config.stash.setdefault(_REPORT, []).append(
            f"| {request.node.name} | {monitor.before >> 20} → {monitor.peak >> 20} MB "
            f"| {monitor.health_p95 * 1000:.0f} ms |"
        )
        assert monitor.failures == []
        assert monitor.peak <= MAX_RESIDENT_BYTES
        assert monitor.health_p95 <= HEALTH_SECONDS * config.getoption("--latency-factor")

    return observe
