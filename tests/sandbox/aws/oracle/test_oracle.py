"""What the real AWS provider refuses, makes, updates and replaces, the stand-in does too."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from groundwork.sandbox.standins.aws.declare import RESOURCES
from groundwork.sandbox.standins.aws.moto import start_moto
from groundwork.sandbox.standins.aws.types import load
from tests.sandbox.aws.cases import CASES, LIST, READ
from tests.sandbox.aws.conftest import ACCOUNT, REGION
from tests.sandbox.aws.oracle.convert import body, references, resource_type, snake
from tests.sandbox.aws.oracle.known import DIFFERENCES, NOT_APPLIED
from tests.sandbox.aws.oracle.terraform import VERSION, Terraform, find_mirror
from tests.sandbox.aws.wire import Made, Wire


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("vpc", "cidrBlock", "10.9.0.0/16"),
    ("vpc", "enableDnsHostnames", False),
    ("subnet_b", "availabilityZone", "eu-west-1c"),
    ("subnet", "mapPublicIpOnLaunch", False),
    ("group", "description", "other"),
    ("group", "ingress", [{"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8"]}]),
    ("ingress", "cidrIpv4", "10.2.0.0/16"),
    ("template", "instanceType", "g6.2xlarge"),
    ("role", "description", "other"),
    ("policy", "description", "other"),
    ("policy", "name", "other"),
    ("policy", "policy", _document({**LIST, "Action": [LIST["Action"]]}, {**READ, "Action": READ["Action"][::-1]})),
    ("role_policy", "policy", _document(LIST, READ)),
    ("role_policy", "policy", _document(READ, {**LIST, "Effect": "Deny"})),
    ("rule", "eventPattern", '{"source": ["aws.health", "aws.ec2"]}'),
    ("key", "description", "other"),
    ("alias", "name", "alias/other"),
    ("bucket", "bucket", "cases-other"),
    ("db_subnets", "description", "other"),
    ("db_parameters", "family", "postgres16"),
    ("secret", "name", "cases/other"),
    ("secret", "description", "other"),
    ("log_group", "retentionInDays", 90),
    ("log_group", "name", "/cases/other"),
    ("flow_log", "trafficType", "REJECT"),
    ("queue", "visibilityTimeoutSeconds", 90),
    ("queue", "name", "other"),
    ("rule", "description", "other"),
    ("alarm", "threshold", 90),
    ("topic", "displayName", "Other"),
    ("files", "encrypted", False),
    ("mount", "subnetId", "$subnet_b.id"),
    ("file_access", "posixUser", {"uid": 2000, "gid": 2000}),
    ("grant", "operations", ["Decrypt"]),
    ("lock", "rule", {"defaultRetention": {"mode": "GOVERNANCE", "days": 8}}),
    ("registry", "imageTagMutability", "MUTABLE"),
    ("registry", "encryptionConfigurations", [{"encryptionType": "KMS"}]),
    ("zone", "comment", "other"),
    ("parameter", "value", "other"),
    ("oidc", "url", "https://oidc.example.org/id/2"),
)


TOKENS = {case.name: case.token for case in CASES}


@dataclass
class Oracle:
    """Terraform, and the configuration of every case in its words."""

    terraform: Terraform
    types: dict[str, str]
    schemas: dict[str, Any]

    def write(self, cases: dict[str, dict[str, Any]]) -> None:
        whole: dict[str, dict[str, Any]] = {}
        for name, inputs in cases.items():
            kind = self.types[name]
            inputs = {**self._name(name), **inputs}
            whole.setdefault(kind, {})[name] = body(references(inputs, self.types), self.schemas[kind]["block"])
        self.terraform.write(whole)

    def _name(self, name: str) -> dict[str, Any]:
        """Return a name where Terraform wants one that Pulumi generates."""
        autoname = RESOURCES[TOKENS[name]].autoname
        known = self.schemas[self.types[name]]["block"]["attributes"].get(snake(autoname), {})
        return {autoname: f"cases-{name}"} if known.get("required") else {}


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """Yield it with an emulation of its own: what it makes goes with that, which a destroy needs a minute for."""
    mirror = find_mirror()
    if shutil.which("terraform") is None or mirror is None:
        pytest.skip(f"terraform and its AWS provider {VERSION} are not on this machine")
    moto = start_moto(ACCOUNT, REGION)
    terraform = Terraform(tmp_path_factory.mktemp("oracle"), mirror, moto.url, REGION)
    schemas = terraform.schemas()
    load()
    types = {case.name: resource_type(case.token, set(schemas)) for case in CASES}
    yield Oracle(terraform, types, schemas)
    moto.stop()


@pytest.fixture(scope="module")
def applied(oracle: Oracle) -> dict[str, dict[str, Any]]:
    cases = {case.name: case.good for case in CASES if case.name not in NOT_APPLIED}
    oracle.write(cases)
    oracle.terraform.apply()
    return cases


def test_the_real_provider_accepts_every_valid_case(oracle: Oracle) -> None:
    oracle.write({case.name: case.good for case in CASES})
    assert [(item["summary"], item.get("detail")) for item in oracle.terraform.problems()] == []


def test_what_the_real_provider_makes_is_stable(applied: dict[str, Any], oracle: Oracle) -> None:
    oracle.write(applied)
    assert oracle.terraform.plan() == {}


def literal(value: Any, made: dict[str, dict[str, Any]]) -> Any:
    """Replace `$name.property` by what the real provider has in its state, so that a change stays where it is made."""
    if isinstance(value, dict):
        return {name: literal(item, made) for name, item in value.items()}
    if isinstance(value, list):
        return [literal(item, made) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        name, _, prop = value[1:].partition(".")
        return made[name][snake(prop)]
    return value


def rounds() -> list[dict[str, tuple[str, Any]]]:
    """Return the changes in rounds, with no more than one a resource in each: a plan takes seconds."""
    made: list[dict[str, tuple[str, Any]]] = []
    for name, prop, value in CHANGES:
        free = next((item for item in made if name not in item), None)
        if free is None:
            made.append(free := {})
        free[name] = (prop, value)
    return made


def test_updates_and_replacements_are_the_real_providers(applied: dict[str, Any], oracle: Oracle, aws: Wire) -> None:
    made = oracle.terraform.state()
    cases = {name: literal(inputs, made) for name, inputs in applied.items()}
    wrong = {}
    for changes in rounds():
        changed = {name: {**cases[name], prop: literal(value, made)} for name, (prop, value) in changes.items()}
        oracle.write({**cases, **changed})
        plan = oracle.terraform.plan()
        for name, (prop, _) in changes.items():
            ours = _stand_in(aws, TOKENS[name], cases[name], changed[name])
            if plan.get(name, "no-op") != ours and (name, prop) not in DIFFERENCES:
                wrong[f"{name}.{prop}"] = f"real: {plan.get(name, 'no-op')}, stand-in: {ours}"
    assert wrong == {}


def _stand_in(aws: Wire, token: str, old: dict[str, Any], new: dict[str, Any]) -> str:
    urn = aws.urn(token)
    checked, problems = aws.check(urn, old)
    assert problems == {}
    state = {key: value for key, value in checked.items() if key != "__defaults"}
    answer = aws.diff(Made(urn, "id", checked, {**state, "tagsAll": old.get("tags") or {}}), new)
    if answer.replaces:
        return "replace"
    return "update" if answer.diffs else "no-op"
