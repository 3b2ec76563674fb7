"""The facts themselves, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SubnetFacts:
    """A subnet: its zone, and its IPv4 addresses (`10.20.0.0/20`)."""

    zone: str
    cidr: str


@dataclass(frozen=True)
class NodeGroupFacts:
    """A managed node group as the simulated nodes need it; `taints` are (key, value, Kubernetes effect).

    `tags` are those of the node group itself, which EKS does not carry over to its Auto Scaling group. `max_pods` is
    what the launch template's user data says, None where it says nothing; `prefix_delegation` is of the cluster's
    add-on vpc-cni. `efa` is how many Elastic Fabric Adapters each node has.
    """

    name: str
    cluster: str
    instance_types: tuple[str, ...]
    capacity_type: str
    min: int
    desired: int
    max: int
    labels: dict[str, str]
    taints: tuple[tuple[str, str, str], ...]
    ami_type: str
    subnets: tuple[SubnetFacts, ...]
    disk_gib: int
    max_pods: int | None = None
    prefix_delegation: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    region: str = ""
    efa: int = 0


@dataclass(frozen=True)
class WebIdentity:
    """A role that service accounts may take by the cluster's OpenID Connect issuer (IRSA).

    `subjects` are `system:serviceaccount:<namespace>:<name>`, with wildcards where the policy has them.
    """

    role_arn: str
    issuer: str
    subjects: tuple[str, ...]
