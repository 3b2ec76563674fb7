"""Whether the account's quotas allow all pools at their largest, beside what else runs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from groundwork.core.environment import ENVIRONMENT_TAG
from groundwork.data.instance_types import instance_types
from groundwork.preview.nodes import Market
from groundwork.real.aws import code_of
from groundwork.real.preflight.answers import Answer, care, good, stop
from groundwork.real.preflight.needs import Machines, Needs

if TYPE_CHECKING:
    import boto3

# Service Quotas counts vCPUs by family, on demand and spot apart; the codes are the same in every region:
# https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html
_ON_DEMAND = {
    "standard": "L-1216C47A",
    "g": "L-DB2E81BA",
    "p": "L-417A185B",
    "inf": "L-1945791B",
    "trn": "L-2C3B7624",
    "dl": "L-6E869C2A",
    "x": "L-7295265B",
    "f": "L-74FC7D96",
    "hpc": "L-F7808C92",
    "u": "L-43DA4232",
}
_SPOT = {
    "standard": "L-34B43A08",
    "g": "L-3819A6DF",
    "p4": "L-7212CCBC",
    "p5": "L-C4BD4855",
    "inf": "L-B5D1601B",
    "trn": "L-6B0D517C",
    "dl": "L-85EED4F7",
    "x": "L-E3A00192",
    "f": "L-88CF9481",
}
_STANDARD = frozenset("acdhimrtz")
_KINDS = {
    **{"g": "g", "gr": "g", "vt": "g", "p": "p", "inf": "inf", "trn": "trn", "dl": "dl", "x": "x", "f": "f"},
    **{"hpc": "hpc", "u": "u"},
}
_WORDS = {
    "standard": "standard (A, C, D, H, I, M, R, T, Z)",
    "g": "G and VT",
    "p4": "P2, P3 and P4",
    "inf": "Inf",
    "trn": "Trn",
    "u": "high memory",
}


@dataclass(frozen=True)
class Quota:
    """A quota of EC2's, in vCPUs."""

    code: str
    words: str


def quota_of(machine: str, market: Market) -> Quota | None:
    """Return the quota that a type counts against, None where there is none, or AWS does not say which."""
    letters = re.match(r"[a-z]+", machine)
    family = letters[0] if letters else ""
    kind = _KINDS.get(family) or ("standard" if family[:1] in _STANDARD and family != "mac" else "")
    if market == "spot" and kind == "p":
        # Those of the newest generation have a quota of their own; of what came after it none is published.
        generation = int((re.match(r"p(\d+)", machine) or ["", "0"])[1])
        kind = "p4" if generation < 5 else f"p{generation}"
    code = (_SPOT if market == "spot" else _ON_DEMAND).get(kind)
    return Quota(code, f"{market} {_WORDS.get(kind, kind.upper())} instances") if code else None


def vcpu_quotas(session: boto3.Session, needs: Needs, environment: str) -> Iterator[Answer]:
    """Compare the vCPUs of all pools at their largest, and of what else runs, with the quotas.

    What is bought in a capacity block is granted with it, and counts against none of these.
    """
    asked: dict[Quota, list[Machines]] = defaultdict(list)
    for machines in needs.machines:
        for market in machines.markets:
            quota = quota_of(machines.types[0], market)
            if quota is None:
                yield care(
                    f"{machines.types[0]} of {machines.pool}",
                    f"which quota of EC2 it counts against, {market}, is not known here",
                    "look it up in Service Quotas before you need it",
                )
            else:
                asked[quota].append(machines)
    used = _used_by_others(session, environment) if asked else {}
    for quota, pools in asked.items():
        wanted, others = sum(map(vcpus, pools)), used.get(quota, 0)
        told = f"{wanted} vCPUs for {', '.join(sorted(pool.pool for pool in pools))}, {others} in use by others"
        yield held(session, quota.words, "ec2", quota.code, told, wanted + others, kind="quota", less="; or lower max")


def held(
    session: boto3.Session, subject: str, service: str, code: str, told: str, wanted: int, *, kind: str, less: str = ""
) -> Answer:
    """Hold what is wanted against a quota of AWS.

    Args:
        told: what is wanted, as a sentence.
        kind: what messages call it.
        less: what else there is to do than to raise it.
    """
    allowed = _allowed(session, service, code)
    if allowed is None:
        return care(subject, f"{told}; the {kind} cannot be read", "let your role read servicequotas")
    if wanted > allowed:
        command = (
            f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} "
            f"--desired-value {wanted}"
        )
        return stop(subject, f"{told}: the {kind} is {allowed:.0f}", f"{command}{less}")
    return good(subject, f"{told}; the {kind} is {allowed:.0f}")


def vcpus(machines: Machines) -> int:
    """Return how many vCPUs a pool has at its largest, by its largest type."""
    return machines.most * max(map(_vcpus_of, machines.types), default=0)


def _vcpus_of(machine: str) -> int:
    known = instance_types().get(machine)
    return (known.vcpus or 0) if known else 0


def _used_by_others(session: boto3.Session, environment: str) -> dict[Quota, int]:
    used: dict[Quota, int] = defaultdict(int)
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    paginator: Any = session.client("ec2").get_paginator("describe_instances")
    for page in paginator.paginate(Filters=running):
        for instance in (i for reservation in page["Reservations"] for i in reservation["Instances"]):
            bought = instance.get("InstanceLifecycle")
            quota = quota_of(instance["InstanceType"], "spot" if bought == "spot" else "on-demand")
            if quota is not None and bought != "capacity-block" and not is_own(instance, environment):
                used[quota] += _vcpus_of(instance["InstanceType"])
    return used


def is_own(thing: Any, environment: str) -> bool:
    """Tell whether something in AWS is the environment's, by its tags."""
    tags = {tag["Key"]: tag["Value"] for tag in thing.get("Tags") or ()}
    return tags.get(ENVIRONMENT_TAG) == environment


def _allowed(session: boto3.Session, service: str, code: str) -> float | None:
    try:
        return float(
            session.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
        )
    except ClientError as error:
        if code_of(error) in ("AccessDeniedException", "NoSuchResourceException"):
            return None
        raise
