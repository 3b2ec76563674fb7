"""What a change of an input does: the real provider's rules, from `replace.csv`."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

Effect = str
_BLOCK = re.compile(r"adding the block: (\w+); removing: (\w+)")


@dataclass(frozen=True)
class Rule:
    """One row: `replace`, `update` or `replace-conditional`, and the note that has the condition."""

    effect: Effect
    note: str

    @property
    def computed(self) -> bool:
        """Whether AWS fills the property in, so that removing it from the program changes nothing."""
        return "Optional+Computed" in self.note


@functools.cache
def rules() -> dict[str, dict[str, Rule]]:
    """Return the rules by type and dotted property."""
    text = resources.files(__package__).joinpath("replace.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found: dict[str, dict[str, Rule]] = {}
    for row in csv.DictReader(lines):
        found.setdefault(row["type"], {})[row["property"]] = Rule(row["effect"], row["note"])
    return found


def rule_of(token: str, path: str) -> Rule | None:
    """Return the rule of the dotted `path`, or of the nearest block around it that has one."""
    known = rules().get(token, {})
    while path:
        if path in known:
            return known[path]
        path = path.rpartition(".")[0]
    return None


@dataclass(frozen=True)
class Question:
    """One change, for a rule with a condition: the value before and after, and all inputs and outputs around it."""

    before: Any
    after: Any
    old: dict[str, Any]
    new: dict[str, Any]
    state: dict[str, Any]


def _rule_source(question: Question) -> bool:
    kinds = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
    return {k for k in kinds if question.old.get(k)} != {k for k in kinds if question.new.get(k)}


def _shrinks(question: Question) -> bool:
    return _number(question.after) < _number(question.before)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _version(value: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", str(value or "")))


def _engine_version(question: Question) -> tuple[int, ...]:
    return _version(question.state.get("engineVersionActual") or question.old.get("engineVersion"))


_RULE = "aws:vpc/securityGroup{}Rule:SecurityGroup{}Rule"
_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
_REDIS = "aws:elasticache/replicationGroup:ReplicationGroup"
_LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"

CONDITIONS: dict[tuple[str, str], Callable[[Question], bool]] = {
    ("aws:ec2/vpc:Vpc", "instanceTenancy"): lambda q: (q.before, q.after) != ("dedicated", "default"),
    ("aws:ec2/subnet:Subnet", "ipv6CidrBlock"): lambda q: bool(q.old.get("assignIpv6AddressOnCreation")),
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "privateDnsEnabled"): lambda q: q.new.get("vpcEndpointType") != "Interface",
    ("aws:eks/cluster:Cluster", "encryptionConfig"): lambda q: q.after is None,
    ("aws:eks/cluster:Cluster", "vpcConfig.controlPlaneEgressMode"): lambda q: (
        (q.before, q.after) == ("CUSTOMER_ROUTED", "AWS_MANAGED")
    ),
    ("aws:ssm/parameter:Parameter", "tier"): lambda q: (q.before, q.after) == ("Advanced", "Standard"),
    (_REDIS, "engine"): lambda q: (q.before, q.after) == ("valkey", "redis"),
    (_REDIS, "engineVersion"): lambda q: _version(q.after) < _engine_version(q),
    (_REDIS, "transitEncryptionEnabled"): lambda q: _engine_version(q) < (7, 0, 5),
    (_REDIS, "nodeGroupConfigurations"): lambda q: True,
    (_LUSTRE, "fileSystemTypeVersion"): lambda q: _version(q.after) < _version(q.before),
    (_LUSTRE, "storageCapacity"): lambda q: _shrinks(q) or q.old.get("deploymentType") == "SCRATCH_1",
    (_LUSTRE, "metadataConfiguration.iops"): _shrinks,
    **{(_RULE.format(kind, kind), source): _rule_source for kind in ("Ingress", "Egress") for source in _SOURCES},
}
"""For each rule with a condition, whether a change replaces."""


def replaces(token: str, path: str, question: Question) -> tuple[bool, str]:
    """Return whether a change of `path` replaces, and a remark for the report where that is not certain."""
    rule = rule_of(token, path)
    if rule is None:
        return False, f"{path}: may replace (the real provider's rule is not known)"
    if rule.effect != "replace-conditional":
        return rule.effect == "replace", ""
    condition = CONDITIONS.get((token, path))
    if condition is not None:
        return condition(question), ""
    block = _BLOCK.search(rule.note)
    if block and question.before is None:
        return block[1] == "replace", ""
    if block and question.after is None:
        return block[2] == "replace", ""
    return True, f"{path}: may replace ({rule.note})"
