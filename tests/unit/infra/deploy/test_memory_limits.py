"""The memory limit for one image is below the memory limit of the worker container."""

from typing import Any

import pytest
import yaml
from pydantic import ByteSize, TypeAdapter

from tests.support.paths import ROOT

# Memory of a worker process without any image, with a margin.
BASE = 384 * 2**20


def read(path: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / path).read_text()))


def compose() -> tuple[str, str]:
    [composed] = read("docker-compose.yml")
    worker = composed["services"]["worker"]
    return worker["environment"]["GALLERY_TASK_MEMORY"], f"{worker['mem_limit']}ib"


def kubernetes() -> tuple[str, str]:
    settings = read("infra/deploy/k8s/base/settings.yaml")[0]
    [container] = read("infra/deploy/k8s/base/worker.yaml")[0]["spec"]["template"]["spec"][
        "containers"
    ]
    limit = container["resources"]["limits"]["memory"]
    return settings["data"]["GALLERY_TASK_MEMORY"], f"{limit}b"


@pytest.mark.parametrize("limits", [compose, kubernetes])
def test_container_limit_exceeds_image_limit(limits: Any) -> None:
    image, container = (TypeAdapter(ByteSize).validate_python(each) for each in limits())

    assert image + BASE <= container
