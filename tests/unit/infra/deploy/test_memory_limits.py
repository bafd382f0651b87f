"""In containers a picture runs out of memory before its worker does."""

from typing import Any

import pytest
import yaml
from pydantic import ByteSize, TypeAdapter

from tests.support.paths import ROOT

# What a worker and its process take without any picture, generously.
OWN = 384 * 2**20


def read(path: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / path).read_text()))


def compose() -> tuple[str, str]:
    [composed] = read("docker-compose.yml")
    worker = composed["services"]["worker"]
    return worker["environment"]["GALLERY_TASK_MEMORY"], f"{worker['mem_limit']}ib"


def kubernetes() -> tuple[str, str]:
    [settings] = read("infra/deploy/k8s/base/settings.yaml")
    [container] = read("infra/deploy/k8s/base/worker.yaml")[0]["spec"]["template"]["spec"][
        "containers"
    ]
    limit = container["resources"]["limits"]["memory"]
    return settings["data"]["GALLERY_TASK_MEMORY"], f"{limit}b"


@pytest.mark.parametrize("place", [compose, kubernetes])
def test_a_pictures_memory_is_less_than_its_containers(place: Any) -> None:
    picture, container = (TypeAdapter(ByteSize).validate_python(each) for each in place())

    assert picture + OWN <= container
