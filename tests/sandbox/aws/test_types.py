"""Every type of the table: made, read back without drift, unchanged on a second look, deleted; and its messages."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.standins.aws.coverage import coverage
from groundwork.sandbox.standins.aws.moto import Moto
from groundwork.sandbox.standins.aws.snapshot import snapshot
from groundwork.sandbox.standins.values import UNKNOWN
from tests.sandbox.aws.cases import CASES, Case
from tests.sandbox.aws.conftest import ACCOUNT, REGION, StandIn
from tests.sandbox.aws.wire import Made, Wire

SECRETS = ("not-in-any-file", "also-in-no-file", "a-token-that-is-in-no-file", "in-no-file-either")


def fill(value: Any, made: dict[str, Made]) -> Any:
    """Replace `$name.property` by what that resource gave."""
    if isinstance(value, dict):
        return {name: fill(item, made) for name, item in value.items()}
    if isinstance(value, list):
        return [fill(item, made) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        name, _, prop = value[1:].partition(".")
        return made[name].id if prop == "id" else made[name].outputs[prop]
    return value


def unknown(value: Any) -> Any:
    """Replace `$name.property` by what a preview knows of it: nothing."""
    if isinstance(value, dict):
        return {name: unknown(item) for name, item in value.items()}
    if isinstance(value, list):
        return [unknown(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value.startswith("$") else value


@pytest.fixture(scope="module")
def world(standin: StandIn) -> Any:
    """Make all cases once, in their order."""
    wire = Wire(standin.port)
    made: dict[str, Made] = {}
    failed: dict[str, Exception] = {}
    for case in CASES:
        try:
            made[case.name] = wire.create(case.token, fill(case.good, made), f"case-{case.name}")
        except Exception as error:
            failed[case.name] = error
    yield wire, made, failed
    wire.close()


def test_every_type_has_a_case() -> None:
    assert {item.token for item in coverage()} == {case.token for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_valid_resource_is_made_and_a_refresh_shows_no_drift(case: Case, world: Any) -> None:
    wire, made, failed = world
    if case.name in failed:
        raise failed[case.name]
    resource = made[case.name]
    seen = wire.read(resource)
    assert seen is not None
    assert {k: v for k, v in seen.inputs.items() if v != resource.inputs.get(k)} == {}
    diff = wire.diff(resource, fill(case.good, made))
    assert list(diff.diffs) == []
    diff = wire.diff(seen, fill(case.good, made))
    assert list(diff.diffs) == []


@pytest.mark.parametrize("case", [case for case in CASES if case.bad], ids=lambda case: case.name)
def test_wrong_input_is_refused_with_its_path(case: Case, aws: Wire) -> None:
    inputs = unknown({k: v for k, v in {**case.good, **case.bad}.items() if v is not None})
    _, problems = aws.check(aws.urn(case.token), inputs)
    assert problems == case.problems


def test_no_secret_is_in_any_file(world: Any, standin: StandIn) -> None:
    written = "".join(path.read_text() for path in standin.state_dir.iterdir())
    assert "case-db" in written
    assert [secret for secret in SECRETS if secret in written] == []


@pytest.mark.parametrize("case", [case for case in CASES if case.import_id], ids=lambda case: case.name)
def test_import_by_id_rebuilds_inputs_that_pass_the_check(case: Case, world: Any) -> None:
    wire, made, _ = world
    resource = made[case.name]
    seen = wire.adopt(case.token, case.import_id.format(**{**resource.outputs, "id": resource.id}))
    assert seen is not None
    assert seen.id == resource.id
    _, problems = wire.check(seen.urn, dict(seen.inputs))
    assert set(problems) - {"password", "finalSnapshotIdentifier", "secretString", "authToken"} == set()


def test_deleting_everything_leaves_nothing_but_a_pending_key(world: Any, standin: StandIn, moto: Moto) -> None:
    wire, made, failed = world
    assert failed == {}
    for case in reversed(CASES):
        wire.delete(made[case.name])
    after = snapshot(moto.url, [REGION], ACCOUNT)
    key = after[f"{REGION}/kms/keys"]
    assert any(name == f"{made['key'].id} (PendingDeletion)" for name in key)
    left = {place: names for place, names in after.items() if "cases" in str(names)}
    assert left == {}
    assert standin.provider.store.recorded_of("aws:eks/addon:Addon") == []
