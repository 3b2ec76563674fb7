"""Lookups of EKS; every cluster is the sandbox's own control plane."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import RESOURCES
from groundwork.sandbox.standins.aws.invokes.registry import function
from groundwork.sandbox.standins.aws.lifecycle import read
from groundwork.sandbox.standins.aws.session import ApiError, Session

DEFAULT_ADDON_VERSIONS = {
    "aws-ebs-csi-driver": "v1.56.0-eksbuild.1",
    "aws-efs-csi-driver": "v2.3.0-eksbuild.1",
    "aws-mountpoint-s3-csi-driver": "v2.3.0-eksbuild.1",
    "coredns": "v1.13.1-eksbuild.1",
    "eks-node-monitoring-agent": "v1.5.0-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.1",
    "kube-proxy": "v1.35.0-eksbuild.1",
    "metrics-server": "v0.8.1-eksbuild.1",
    "snapshot-controller": "v8.4.0-eksbuild.1",
    "vpc-cni": "v1.21.1-eksbuild.1",
}
"""A version of each add-on that EKS is known to have; not the newest, since moto has none to ask."""


@function("eks/getClusterAuth")
def cluster_auth(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the token for a cluster: the sandbox's own."""
    name = arguments["name"]
    session.ask("eks", "describe_cluster", name=name)
    if session.settings.eks is None:
        raise ApiError(f"EKS cluster {name}: this sandbox has no control plane to give a token for")
    return {"id": name, "token": session.settings.eks.token}


@function("eks/getCluster")
def cluster(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Look a cluster up by name."""
    name = arguments["name"]
    seen = read(session, RESOURCES["aws:eks/cluster:Cluster"], name, {}, {})
    if seen is None:
        raise ApiError(f"reading EKS Cluster ({name}): couldn't find resource")
    found = seen.properties
    authority = found.get("certificateAuthority")
    return {**found, "id": name, "certificateAuthorities": [authority] if authority else []}


@function("eks/getAddonVersion")
def addon_version(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the version of an add-on."""
    name = arguments["addonName"]
    version = DEFAULT_ADDON_VERSIONS.get(name)
    if version is None:
        raise ApiError(f"no EKS add-on {name!r}; known: {', '.join(sorted(DEFAULT_ADDON_VERSIONS))}")
    return {"id": name, "version": version}
