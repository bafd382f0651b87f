"""The dashboard and the alert rules refer to existing metrics, labels and runbook entries."""

import json
import re

import pytest
import yaml
from httpx2 import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from tests.support.paths import DEPLOY, ROOT

MONITORING = DEPLOY / "monitoring"


def expressions() -> list[str]:
    rules = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    return [rule["expr"] for group in rules["groups"] for rule in group["rules"]] + [
        target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
    ]


def test_every_alert_has_a_runbook_entry() -> None:
    rules = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    runbook = (ROOT / "docs" / "how-to" / "operate.md").read_text()

    assert len(names) > 5
    assert [name for name in names if f"# {name}\n" not in runbook] == []


@pytest.mark.anyio
async def test_expressions_use_existing_metrics_and_labels(client: AsyncClient) -> None:
    await client.get("/healthz")
    samples = [
        sample
        for family in text_string_to_metric_families((await client.get("/metrics")).text)
        for sample in family.samples
    ]
    labels = {sample.name: sample.labels.keys() for sample in samples}

    for expression in expressions():
        for name, matchers in re.findall(r"\b(gallery_\w+)(?:\{([^}]*)\})?", expression):
            assert name in labels, expression
            assert set(re.findall(r"(\w+)[=!]", matchers)) <= labels[name], expression
