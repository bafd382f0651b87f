"""The transitions in the code, the state diagram of the README, and the guards in SQL agree."""

import re

import pytest

from infra.database.queries.transitions import TRANSITIONS, Transition
from tests.support.paths import ROOT


def test_state_diagram_shows_all_transitions() -> None:
    found = re.search(r"stateDiagram-v2\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    diagram = set(re.findall(r"^ *(\S+) --> (\w+)", found[1], re.MULTILINE))

    assert diagram == {(each.before or "[*]", each.after) for each in TRANSITIONS}


@pytest.mark.parametrize(
    "transition",
    TRANSITIONS,
    ids=lambda each: f"{each.before}-{each.after}-{each.function.__name__}",
)
def test_statement_checks_the_previous_state(transition: Transition) -> None:
    before, after, _, statement = transition
    assert f"'{after}'" in statement
    if before is not None:
        guards = re.findall(r"status (?:= |IN \()[^)\n]*", statement)
        assert any(f"'{before}'" in guard for guard in guards)


def test_only_transitions_write_the_status() -> None:
    database = ROOT / "infra" / "database"
    write = re.compile(
        r"UPDATE images\b(?:(?!\bWHERE\b).)*\bstatus =|INSERT INTO images\b", re.DOTALL
    )
    writers = {path for path in database.rglob("*.py") if write.search(path.read_text())}

    assert {path.parent.name for path in writers} == {"transitions"}
