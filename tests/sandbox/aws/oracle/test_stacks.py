"""What every stack asks of AWS is accepted by the real AWS provider: schema, values, and plan."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

import pytest
from pulumi.runtime.rpc import _special_sig_key

from groundwork.sandbox.standins.aws.moto import Moto
from groundwork.testing.record import ACCOUNT
from tests.environments import recorded as recorded_once
from tests.sandbox.aws.conftest import REGION
from tests.sandbox.aws.oracle.convert import body, resource_type
from tests.sandbox.aws.oracle.known import NEWER
from tests.sandbox.aws.oracle.terraform import VERSION, Terraform, find_mirror


@pytest.fixture(scope="module")
def terraform(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    mirror = find_mirror()
    if shutil.which("terraform") is None or mirror is None:
        pytest.skip(f"terraform and its AWS provider {VERSION} are not on this machine")
    return Terraform(tmp_path_factory.mktemp("stacks"), mirror, moto.url, REGION)


@pytest.fixture(scope="module")
def schemas(terraform: Terraform) -> dict[str, Any]:
    return terraform.schemas()


@dataclass(frozen=True)
class Asked:
    """An environment's AWS resources in Terraform's words: type to name to body."""

    resources: dict[str, dict[str, Any]]
    left_out: set[tuple[str, str]]


def asked(environment: str, schemas: dict[str, Any]) -> Asked:
    """Convert a recorded environment: where a mock made up an id or an ARN, the resource itself is referred to."""
    recorded = [r for r in recorded_once(environment) if r.type.startswith("aws:")]
    kinds = {r.type: resource_type(r.type, set(schemas)) for r in recorded}
    known: dict[str, list[str]] = {}
    for r in recorded:
        address = f"{kinds[r.type]}.{_label(r.name)}"
        known.setdefault(f"{r.name}-id", []).append(f"${{{address}.id}}")
        if "arn" in schemas[kinds[r.type]]["block"]["attributes"]:
            service = r.type.split(":")[1].split("/")[0]
            known.setdefault(f"arn:aws:{service}:{REGION}:{ACCOUNT}:{r.name}", []).append(f"${{{address}.arn}}")
    found = Asked({}, set())
    for r in recorded:
        found.left_out.update((r.type, name) for name in r.inputs if (r.type, name) in NEWER)
        given = {name: value for name, value in r.inputs.items() if (r.type, name) not in NEWER}
        block = schemas[kinds[r.type]]["block"]
        # Several may have one name, and so one made up id: which of them is meant is only clear where one is left.
        own = f"${{{kinds[r.type]}.{_label(r.name)}."
        meant = {made: [to for to in others if not to.startswith(own)] for made, others in known.items()}
        clear = {made: others[0] for made, others in meant.items() if len(others) == 1}
        found.resources.setdefault(kinds[r.type], {})[_label(r.name)] = body(_referring(given, clear), block)
    return found


def _label(name: str) -> str:
    return name.replace(".", "_")


def _referring(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        # A secret, as the SDK sends one.
        if _special_sig_key in value:
            return _referring(value["value"], known)
        return {name: _referring(item, known) for name, item in value.items()}
    if isinstance(value, list):
        return [_referring(item, known) for item in value]
    if isinstance(value, str):
        # Terraform would take IAM's own variables for its own.
        return known.get(value, value.replace("${", "$${"))
    return value


@pytest.mark.parametrize("environment", ["everything", "prod"])
def test_the_real_provider_accepts_and_plans_all_of_it(
    terraform: Terraform, schemas: dict[str, Any], environment: str
) -> None:
    """Every component that can be beside the others, and what is highly available: nothing but creates."""
    graph = asked(environment, schemas)
    assert graph.left_out == set(NEWER), "what no stack uses any more leaves the table"
    terraform.write(graph.resources)
    plan = terraform.plan()
    assert set(plan.values()) == {"create"}
    assert len(plan) == len({name for named in graph.resources.values() for name in named})
