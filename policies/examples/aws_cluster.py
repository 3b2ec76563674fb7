"""Examples of the rules over the EKS cluster."""

from __future__ import annotations

from groundwork.policy.example import Example
from groundwork.policy.subject import Subject
from policies.examples._parts import CLUSTER

_LOGS = Subject("aws:cloudwatch/logGroup:LogGroup", "logs", {"name": "/aws/eks/it/cluster"}, "urn:logs")

EXAMPLES = [
    Example(
        "private-cluster-endpoint",
        CLUSTER,
        "vpcConfig.endpointPrivateAccess",
        False,
        "Cluster it: endpointPrivateAccess is not true: set it",
    ),
    Example(
        "private-cluster-endpoint",
        CLUSTER,
        "vpcConfig.endpointPublicAccess",
        True,
        "Cluster it: its API is open to 0.0.0.0/0: "
        "set endpointPublicAccess to false, or name the CIDRs that may reach it",
    ),
    Example(
        "control-plane-logs",
        (*CLUSTER, _LOGS),
        "enabledClusterLogTypes",
        ["api", "authenticator", "controllerManager"],
        "Cluster it: does not log audit, scheduler: add to enabledClusterLogTypes",
    ),
    Example(
        "control-plane-logs",
        (*CLUSTER, _LOGS),
        "",
        None,
        "Cluster it: its log group /aws/eks/it/cluster is nobody's: make it, with a retention",
    ),
]
