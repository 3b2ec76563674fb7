"""ARNs are of the partition that the region is in: elsewhere a policy that names others allows nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groundwork.testing import record
from groundwork.testing.record import stack_of
from tests.infra.stacks import COMPUTED


@pytest.mark.parametrize(("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")])
def test_who_acts_in_aws_may_do_so_in_every_partition(region: str, partition: str) -> None:
    stack = stack_of(
        {
            "network": {},
            "eks": {},
            "pools": {},
            "cluster-autoscaler": {},
            "load-balancer-controller": {},
            "route53": {"zones": {"ml.example.com": {}}},
            "external-dns": {},
            "external-secrets": {},
            "cert-manager": {"acme": {"email": "ops@example.com"}},
        }
    )
    graph = record(replace(stack, region=region), computed=COMPUTED)
    policies = {r.name: r.inputs["policy"] for r in graph.of("aws:iam/rolePolicy:RolePolicy")}
    for component in ("cluster-autoscaler", "load-balancer-controller", "external-dns", "external-secrets"):
        (policy,) = [text for name, text in policies.items() if name.startswith(f"{component}-")]
        assert f'"arn:{partition}:' in policy, component
        assert '"arn:aws:' not in policy, component
    assert f'"arn:{partition}:route53:::change/*"' in policies["cert-manager-cert-manager-acme"]
