"""Rules over the EKS cluster itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, items
from policies._environment import first
from policies.aws_network import wide

_CLUSTER, _LOGS = "aws:eks/cluster:Cluster", "aws:cloudwatch/logGroup:LogGroup"


@RULES.resource(
    "private-cluster-endpoint",
    severity="high",
    controls=("CIS EKS 5.4.1", "CIS EKS 5.4.2", "AWS FSBP EKS.1"),
    types=(_CLUSTER,),
)
def private_cluster_endpoint(subject: Subject, facts: Facts) -> Iterator[str]:
    """The API server is not open to the internet.

    What cannot be reached cannot be attacked, whatever its next vulnerability is.
    """
    network = first(subject.props.get("vpcConfig"))
    # AWS makes a public endpoint, and no private one, unless told otherwise.
    if network.get("endpointPrivateAccess") is not True:
        yield f"{subject.label}: endpointPrivateAccess is not true: set it"
    if network.get("endpointPublicAccess") is not False:
        cidrs = [str(cidr) for cidr in items(network.get("publicAccessCidrs"))] or ["0.0.0.0/0"]
        open_to = [cidr for cidr in cidrs if wide(cidr)]
        if open_to:
            yield (
                f"{subject.label}: its API is open to {', '.join(open_to)}: "
                "set endpointPublicAccess to false, or name the CIDRs that may reach it"
            )


_LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


@RULES.stack(
    "control-plane-logs",
    severity="high",
    controls=("CIS EKS 2.1.1", "AWS FSBP EKS.8"),
    types=(_CLUSTER, _LOGS),
)
def control_plane_logs(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """The cluster writes all five kinds of its logs, to a log group that was there before it.

    Who did what is asked after the fact, and logs cannot be switched on for the past; a group that EKS makes by itself
    keeps everything for ever.
    """
    groups = [str(subject.props.get("name")) for subject in subjects if subject.type == _LOGS]
    for cluster in subjects:
        if cluster.type != _CLUSTER:
            continue
        written = [str(kind) for kind in items(cluster.props.get("enabledClusterLogTypes"))]
        missing = [kind for kind in _LOG_TYPES if kind not in written]
        if missing:
            yield cluster, f"{cluster.label}: does not log {', '.join(missing)}: add to enabledClusterLogTypes"
        group = f"/aws/eks/{cluster.props.get('name')}/cluster"
        if group not in groups:
            yield cluster, f"{cluster.label}: its log group {group} is nobody's: make it, with a retention"
