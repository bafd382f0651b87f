"""docker-compose.yml and the scripts and Dockerfiles that it uses."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import DEPLOY, ROOT

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name: each for name, each in SERVICES.items() if "gallery/" in each["image"]}
DOCKERFILES = sorted((DEPLOY / "docker").glob("*.Dockerfile"))
# Programs that the image of MinIO (ubi-micro) lacks.
MISSING_IN_MINIO = {"awk", "cat", "cut", "find", "grep", "head", "sed", "tail", "tr", "xargs"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_own_image_cannot_be_pulled_from_a_registry(name: str) -> None:
    """O2: a public registry could serve an image that somebody else published as gallery/api."""
    assert OURS[name]["image"].startswith("localhost/")
    assert OURS[name]["pull_policy"] == "never"


def test_each_own_image_is_built_by_one_service() -> None:
    """O5: the image of the API was built twice."""
    built = [each["image"] for each in OURS.values() if "build" in each]

    assert sorted(built) == sorted({each["image"] for each in OURS.values()})


@pytest.mark.parametrize("script", ["bucket.sh", "backup.sh", "restore.sh"], ids=str)
def test_script_in_the_minio_container_uses_builtins_and_mc_only(script: str) -> None:
    """O1: each start after the first failed because the image has no `grep`."""
    text = (DEPLOY / "docker" / script).read_text()
    if script != "bucket.sh":  # only the part that runs in the container
        found = re.search(r"--entrypoint /bin/sh bucket -c '(.*?)'", text, re.DOTALL)
        assert found is not None
        text = found[1]
    code = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)

    assert set(re.findall(r"[\w-]+", code)) & MISSING_IN_MINIO == set()


@pytest.mark.parametrize("name", ["api", "worker"])
def test_replicas_are_set_by_a_variable(name: str) -> None:
    """O3: `up` without `--scale` reduced workers and API to one."""
    assert SERVICES[name]["deploy"]["replicas"] == f"${{GALLERY_{name.upper()}_REPLICAS:-1}}"


def test_web_is_healthy_when_uploads_are_accepted() -> None:
    """O6: `up --wait` succeeded while uploads were refused."""
    assert SERVICES["web"]["healthcheck"]["test"][-1].endswith("/readyz")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_image_has_labels_its_license_and_a_health_check(path: Path) -> None:
    text = path.read_text()

    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in text
    assert "COPY LICENSE /licenses/LICENSE" in text
    assert "\nHEALTHCHECK " in text
    assert "\nVOLUME " not in text  # O5: each run would leave an anonymous volume behind
