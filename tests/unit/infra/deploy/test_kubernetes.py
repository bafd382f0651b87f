"""Kubernetes manifests: schemas, references between objects, hardening and resource limits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from infra.settings import Settings
from tests.support.paths import DEPLOY

K8S = DEPLOY / "k8s"
BASE = K8S / "base"
COMPONENT = "app.kubernetes.io/component"


def read(path: Path) -> list[Any]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


KUSTOMIZATION = read(BASE / "kustomization.yaml")[0]
OBJECTS = [each for name in KUSTOMIZATION["resources"] for each in read(BASE / name)]
PODS = [each for each in OBJECTS if each["kind"] in ("Deployment", "Job")]


def of_kind(kind: str) -> dict[str, Any]:
    return {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == kind}


def pod(workload: Any) -> Any:
    return workload["spec"]["template"]["spec"]


def labels(workload: Any) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def name_of(workload: Any) -> str:
    return str(workload["metadata"]["name"])


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from walk(each)


# The oldest version with all fields (preStop sleep), and the newest one that the package contains.
VERSIONS = ("1.30", kubernetes_validate.latest_version())

# KEDA publishes no JSON schemas; these cover the fields that the manifests use.
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
COUNT = {"type": "integer", "minimum": 0}


def shape(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


NAME = shape(["name"], name={"type": "string"})
TRIGGER = shape(
    ["type", "metadata"], type={"type": "string"}, metadata=TEXTS, authenticationRef=NAME
)
SECRET = shape(
    ["parameter", "name", "key"],
    parameter={"type": "string"},
    name={"type": "string"},
    key={"type": "string"},
)
KEDA = {
    "ScaledObject": shape(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=NAME,
        minReplicaCount=COUNT,
        maxReplicaCount=COUNT,
        pollingInterval=COUNT,
        cooldownPeriod=COUNT,
        triggers={"type": "array", "items": TRIGGER},
    ),
    "TriggerAuthentication": shape([], secretTargetRef={"type": "array", "items": SECRET}),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "each", OBJECTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}"
)
def test_manifest_object_matches_its_kubernetes_schema(each: Any, version: str) -> None:
    if each["kind"] in KEDA:
        assert each["apiVersion"] == "keda.sh/v1alpha1"
        jsonschema.validate(each["spec"], KEDA[each["kind"]])
    else:
        kubernetes_validate.validate(each, version, strict=True)


def test_schema_rejects_an_unknown_field() -> None:
    [worker] = [each for each in PODS if name_of(each) == "worker"]
    wrong = worker | {"spec": worker["spec"] | {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_kustomization_lists_every_file() -> None:
    files = {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}

    assert files == set(KUSTOMIZATION["resources"])
    names = [(each["kind"], each["metadata"]["name"]) for each in OBJECTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("workload", PODS, ids=name_of)
def test_pod_is_hardened_and_has_resource_limits(workload: Any) -> None:
    spec = pod(workload)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
        mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
        assert mounted == {volume["name"] for volume in spec.get("volumes", [])}


@pytest.mark.parametrize("workload", PODS, ids=name_of)
def test_referenced_config_map_exists(workload: Any) -> None:
    for container in pod(workload)["containers"]:
        for source in container.get("envFrom", []):
            assert source["configMapRef"]["name"] in of_kind("ConfigMap")


def test_every_selector_matches_pods() -> None:
    found = {labels(workload)[COMPONENT] for workload in PODS}
    for each in walk(OBJECTS):
        for key in ("matchLabels", "selector"):
            wanted = each.get(key)
            if isinstance(wanted, dict) and COMPONENT in wanted:
                assert wanted[COMPONENT] in found
        for expression in each.get("matchExpressions", []):
            assert set(expression["values"]) <= found


def test_scalers_and_ingress_reference_existing_objects() -> None:
    deployments, services = of_kind("Deployment"), of_kind("Service")
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        for name, scaler in of_kind(kind).items():
            scaled = deployments[scaler["spec"]["scaleTargetRef"]["name"]]
            assert "replicas" not in scaled["spec"], f"{name} sets the replicas"
    for ingress in of_kind("Ingress").values():
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            backend = path["backend"]["service"]
            ports = {port["name"] for port in services[backend["name"]]["spec"]["ports"]}
            assert backend["port"]["name"] in ports
    triggers = of_kind("ScaledObject")["worker"]["spec"]["triggers"]
    assert {each["authenticationRef"]["name"] for each in triggers} <= of_kind(
        "TriggerAuthentication"
    ).keys()


def test_every_deployment_has_a_disruption_budget_of_one_pod() -> None:
    budgets = of_kind("PodDisruptionBudget")

    assert budgets.keys() == of_kind("Deployment").keys()
    assert {budget["spec"]["maxUnavailable"] for budget in budgets.values()} == {1}


def test_grace_period_of_workers_exceeds_the_task_timeout() -> None:
    grace = pod(of_kind("Deployment")["worker"])["terminationGracePeriodSeconds"]

    assert grace > Settings().task_timeout.total_seconds() + 10


def test_config_map_contains_existing_settings_only() -> None:
    known = {f"GALLERY_{name.upper()}" for name in Settings.model_fields}

    assert of_kind("ConfigMap")["settings"]["data"].keys() <= known


@pytest.mark.parametrize("path", sorted(K8S.glob("overlays/*/kustomization.yaml")), ids=str)
def test_overlay_patches_existing_objects(path: Path) -> None:
    [overlay] = read(path)
    for resource in overlay["resources"]:
        assert (path.parent / resource / "kustomization.yaml").is_file()
    images = {container["image"] for each in PODS for container in pod(each)["containers"]}
    assert {image["name"] for image in overlay["images"]} == images
    for patch in overlay["patches"]:
        target = patch["target"]
        assert target["name"] in of_kind(target["kind"])
        assert all(step["op"] in ("add", "replace") for step in yaml.safe_load(patch["patch"]))
