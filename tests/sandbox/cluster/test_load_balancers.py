"""A Service gets the name of a load balancer only from a controller that could make one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from groundwork.sandbox.cluster.load_balancers import FINALIZER, Named, Pending, Released, hostname, next_step
from groundwork.sandbox.cluster.pools import ExistingCluster
from groundwork.sandbox.cluster.world import world_of

Object = dict[str, Any]
Make = Callable[..., Object]
_IMAGE = "public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0"


def _step(service: Object, *others: Object, on_eks: bool = True, identity: bool = True, **more: Any) -> Any:
    return next_step(
        world_of([service, *others]),
        service,
        existing=more.get("existing"),
        cluster="dev",
        region="eu-west-1" if on_eks else None,
        identity=lambda namespace, account: identity,
    )


@pytest.fixture
def controller(make_workload: Make) -> Object:
    return make_workload("lbc", _IMAGE, serviceAccountName="lbc", created="2026-05-01T00:00:00Z")


def test_a_service_is_named_by_its_controller(make_service: Make, controller: Object) -> None:
    service = make_service("istio-gateway", namespace="istio-ingress")
    step = _step(service, controller)
    assert isinstance(step, Named)
    name = step.ingress["hostname"]
    assert re.fullmatch(r"k8s-istioing-istiogat-[0-9a-f]{10}-[0-9a-f]{16}\.elb\.eu-west-1\.amazonaws\.com", name)
    assert step.finalizers == (FINALIZER,)
    assert hostname(service, "dev", "eu-west-1") == name, "the same each time"
    assert hostname(service, "prod", "eu-west-1") != name, "another in another cluster"


def test_without_a_controller_it_stays_pending(make_service: Make) -> None:
    assert _step(make_service()) == Pending("no AWS Load Balancer Controller is installed")


def test_a_controller_without_pods_or_identity_names_nothing(make_service: Make, make_workload: Make) -> None:
    down = make_workload("lbc", _IMAGE, available=False)
    assert _step(make_service(), down) == Pending(
        "the AWS Load Balancer Controller (Deployment kube-system/lbc) has no available pod"
    )
    up = make_workload("lbc", _IMAGE, serviceAccountName="lbc")
    assert _step(make_service(), up, identity=False) == Pending(
        "the AWS Load Balancer Controller (Deployment kube-system/lbc) has no cloud identity: "
        "service account kube-system/lbc has neither a pod identity with its agent nor IRSA with its OIDC provider"
    )


def test_a_service_older_than_the_controller_needs_its_class(make_service: Make, controller: Object) -> None:
    """The controller's webhook can give the class only while a Service is made."""
    old = "2026-04-01T00:00:00Z"
    assert _step(make_service(created=old), controller) == Pending(
        "it was made before the AWS Load Balancer Controller and has no loadBalancerClass: make it after "
        "Deployment kube-system/lbc, or set loadBalancerClass: service.k8s.aws/nlb"
    )
    named = make_service(created=old, loadBalancerClass="service.k8s.aws/nlb")
    assert isinstance(_step(named, controller), Named)


def test_a_class_that_nobody_serves_stays_pending(make_service: Make, controller: Object) -> None:
    assert _step(make_service(loadBalancerClass="example.org/lb"), controller) == Pending(
        "loadBalancerClass 'example.org/lb' is served by no controller (valid: service.k8s.aws/nlb)"
    )


def test_a_name_outlives_the_controllers_pods(make_service: Make) -> None:
    service = make_service(finalizers=[FINALIZER])
    service["status"] = {"loadBalancer": {"ingress": [{"hostname": "x.elb.eu-west-1.amazonaws.com"}]}}
    assert _step(service) is None


def test_other_services_are_left_alone(make_service: Make, controller: Object) -> None:
    assert _step(make_service(type="ClusterIP"), controller) is None


def test_a_deleted_service_needs_its_controller_once_more(make_service: Make, controller: Object) -> None:
    """So a destroy in the wrong order hangs here as it does on AWS."""
    leaving = make_service(finalizers=[FINALIZER])
    leaving["metadata"]["deletionTimestamp"] = "2026-06-02T00:00:00Z"
    assert _step(leaving) == Pending("its deletion waits: no AWS Load Balancer Controller is installed")
    assert _step(leaving, controller) == Released()
    assert _step(leaving, on_eks=False) == Pending(
        "its deletion waits: no AWS Load Balancer Controller is installed"
    ), "also when the pools went first"


def test_a_service_that_changes_its_type_gives_its_load_balancer_back(make_service: Make, controller: Object) -> None:
    assert _step(make_service(type="ClusterIP", finalizers=[FINALIZER]), controller) == Released()


def test_an_existing_cluster_gives_an_address_if_it_can(make_service: Make) -> None:
    step = _step(make_service(), on_eks=False, existing=ExistingCluster())
    assert isinstance(step, Named)
    assert step.ingress["ip"].startswith("198.51.100.")
    assert step.finalizers == ()
    without = _step(make_service(), on_eks=False, existing=ExistingCluster(load_balancer=False))
    assert without == Pending("nothing in the cluster serves Services of type LoadBalancer")
    classed = make_service(loadBalancerClass="service.k8s.aws/nlb")
    assert _step(classed, on_eks=False, existing=ExistingCluster()) == Pending(
        "loadBalancerClass 'service.k8s.aws/nlb' is served by no controller (leave it out)"
    )
