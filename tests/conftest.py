"""Shared fixtures: real servers, started once per test process, and a clean database per test.

Tests whose prerequisites are missing are skipped with the reason; GALLERY_FORBID_SKIPS=1 turns such
a skip into a failure.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg.sql import SQL, Identifier

from core.errors import WeightsNotFoundError
from infra.database.migrate import migrate
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ChildProcess
from infra.settings import Settings
from tests.support.paths import ROOT
from tests.support.redis_server import running_redis
from tests.support.s3_server import MISSING, S3Server, find_s3_program


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 (the hook's signature)
    call: pytest.CallInfo[None],  # noqa: ARG001
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skips into failures where GALLERY_FORBID_SKIPS is set."""
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and os.environ.get("GALLERY_FORBID_SKIPS")
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped although skips are forbidden: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _isolated_settings(session_dir: Path) -> Iterator[None]:
    """Remove the developer's own GALLERY_* settings from the environment of the tests."""
    kept = {"GALLERY_WEIGHTS", "GALLERY_FORBID_SKIPS", "GALLERY_TEST_MINIO"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GALLERY_")]:
            if name not in kept:
                patch.delenv(name)
        patch.setenv("GALLERY_DATA_DIR", str(session_dir / "data"))
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session")
def session_dir() -> Iterator[Path]:
    """Folder of the servers of this test process.

    pytest sets its own temporary root to 0700 at every start. Postgres, which drops root's
    privileges, could then no longer reach its data.
    """
    with TemporaryDirectory(prefix="gallery-tests-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sockets(session_dir: Path) -> Path:
    folder = session_dir / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="session")
def postgres_url(session_dir: Path, sockets: Path) -> Iterator[str]:
    """URL of an embedded Postgres as its superuser, shared by the whole run."""
    postgres = EmbeddedPostgres(session_dir / "postgres", sockets, session_dir / "postgres.log")
    postgres.prepare()
    child = ChildProcess(postgres.command())
    try:
        postgres.wait_until_ready()
        with psycopg.connect(postgres.admin_url, autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET fsync = off")  # tests need no durability
            conn.execute("SELECT pg_reload_conf()")
        yield postgres.admin_url
    finally:
        child.stop()


@pytest.fixture(scope="session")
def _redis_server(session_dir: Path, sockets: Path) -> Iterator[str]:
    with running_redis(sockets, session_dir / "redis.log") as url:
        yield url


@pytest.fixture
def redis_url(_redis_server: str) -> str:
    """URL of an empty Redis."""
    with redis.Redis.from_url(_redis_server) as client:
        client.flushall()
    return _redis_server


@pytest.fixture(scope="session")
def _admin(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        yield conn


@pytest.fixture(scope="session")
def _template(postgres_url: str, _admin: psycopg.Connection) -> str:
    """Name of a migrated, empty database that tests clone."""
    name = "gallery_template"
    _admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    migrate(database_url_of(postgres_url, name))
    return name


@pytest.fixture
def database_url(postgres_url: str, _admin: psycopg.Connection, _template: str) -> Iterator[str]:
    """URL of a migrated database for one test."""
    name = f"gallery_{uuid4().hex}"
    _admin.execute(
        SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(_template))
    )
    yield database_url_of(postgres_url, name)
    _admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def database_url_of(postgres_url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return postgres_url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def objects_url(tmp_path: Path) -> str:
    """URL of local object storage for one test."""
    return (tmp_path / "objects").as_uri()


@pytest.fixture(scope="session")
def s3_server(session_dir: Path) -> Iterator[S3Server]:
    """A real S3 server, shared by the whole run."""
    program = find_s3_program()
    if program is None:
        pytest.skip(MISSING)
    server = S3Server(program, session_dir / "s3")
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture
def settings(
    database_url: str, redis_url: str, objects_url: str, session_dir: Path, tmp_path: Path
) -> Settings:
    """Settings of a service on the stores of one test, with the compiled model of the run."""
    return Settings.model_validate(
        {
            "database_url": database_url,
            "redis_url": redis_url,
            "objects_url": objects_url,
            "data_dir": session_dir / "data",
            "web_dir": tmp_path / "no web client",
            "port": 0,
            "workers": 1,
        }
    )


@pytest.fixture(scope="session")
def weights() -> Path:
    """Path of real MobileNetV2 weights."""
    from worker.model.weights import find_weights  # noqa: PLC0415 (native libraries: only tests that classify)

    try:
        return find_weights(Settings())
    except WeightsNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def compiled_model(weights: Path, session_dir: Path, pytestconfig: pytest.Config) -> Path:
    """Path of the compiled model, compiled once (about 20 s) and cached by content."""
    from worker.model.cache import find_compiled  # noqa: PLC0415

    assert pytestconfig.cache is not None
    (session_dir / "data").mkdir(exist_ok=True)
    (session_dir / "data" / "models").symlink_to(pytestconfig.cache.mkdir("models"))
    return find_compiled(Settings(data_dir=session_dir / "data", weights=weights))


@pytest.fixture(scope="session")
def photos() -> Path:
    """Folder of the test photographs; its README lists the expected tags."""
    folder = ROOT.parent / "shared" / "photos"
    if not folder.is_dir():
        pytest.skip("no test photographs: ../shared/photos does not exist")
    return folder
