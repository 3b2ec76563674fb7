"""Managed add-ons take the room that they take on EKS, under their own names."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.addons import ADDONS, HASH, manifests
from groundwork.sandbox.cluster.fits import requests_of


def _found(*names: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in manifests(names)}


def test_the_default_add_ons_have_their_workloads() -> None:
    found = _found("vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver")
    assert {key for key in found if key[0] != "ServiceAccount"} == {
        ("DaemonSet", "aws-node"),
        ("DaemonSet", "kube-proxy"),
        ("Deployment", "coredns"),
        ("DaemonSet", "eks-pod-identity-agent"),
        ("CSIDriver", "ebs.csi.aws.com"),
        ("Deployment", "ebs-csi-controller"),
        ("DaemonSet", "ebs-csi-node"),
    }


def test_requests_are_those_of_the_real_add_ons() -> None:
    found = _found("vpc-cni", "kube-proxy", "coredns")

    def cpu(kind: str, name: str) -> Fraction:
        return requests_of(found[kind, name]["spec"]["template"]["spec"])["cpu"]

    assert cpu("DaemonSet", "aws-node") == Fraction(50, 1000)
    assert cpu("DaemonSet", "kube-proxy") == Fraction(100, 1000)
    assert cpu("Deployment", "coredns") == Fraction(100, 1000)
    assert found["Deployment", "coredns"]["spec"]["replicas"] == 2


def test_every_object_carries_the_mark_of_the_simulation() -> None:
    for obj in manifests(ADDONS):
        assert marks.is_simulated(obj)
        assert obj["metadata"]["annotations"][HASH]
        if "template" in obj.get("spec", {}):
            account = obj["spec"]["template"]["spec"]["serviceAccountName"]
            assert account == "default" or ("ServiceAccount", account) in _found(*ADDONS)


def test_an_add_on_that_is_not_known_brings_nothing() -> None:
    assert manifests({"amazon-cloudwatch-observability"}) == []
