"""Who ends TLS before a gateway of Istio's: itself, or the cloud's load balancer."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.addons.conftest import AVAILABLE, STUBS
from tests.addons.test_istio import RELEASE, spec, values

REGISTRY = Registry({**STUBS, **AVAILABLE, "acm": "infra.acm"})
CLOUD: dict[str, Any] = {"network": {}, "identity": {}, "load-balancer-controller": {}, "cert-manager-api": {}}
SHOWN: dict[str, Any] = {
    "acm": {"zones": {"example.com": "Z0123456789ABC"}},
    "istio-api": {"domain": "example.com"},
    "istio": {},
    "istio-gateway": {"tls": "load-balancer"},
}


def built(components: dict[str, Any]) -> Graph:
    return record({"cluster": {}, **components}, registry=REGISTRY)


def test_a_load_balancer_shows_the_clouds_certificate_and_speaks_tls_to_the_gateway() -> None:
    """The load balancer names no host to the gateway, so that a listener for certain names would hang up on it."""
    graph = built({**CLOUD, **SHOWN})
    prefix = "service.beta.kubernetes.io/aws-load-balancer"
    annotations = values(graph, "istio-ingress")["service"]["annotations"]
    assert annotations[f"{prefix}-ssl-cert"] == "arn:aws:acm:eu-west-1:111122223333:acm-example.com"
    assert annotations[f"{prefix}-ssl-ports"] == "443"
    assert annotations[f"{prefix}-backend-protocol"] == "ssl"
    assert annotations[f"{prefix}-scheme"] == "internal"
    plain, secure = spec(graph, "Gateway", "istio-ingress/istio-ingress")["servers"]
    assert (plain["hosts"], plain["tls"]) == (["*.example.com"], {"httpsRedirect": True})
    assert (secure["hosts"], secure["port"]["protocol"]) == (["*"], "HTTPS")
    issued = graph.one("aws:acm/certificateValidation:CertificateValidation")
    (envoys,) = [r for r in graph.of(RELEASE) if r.inputs["name"] == "istio-ingress"]
    assert issued.urn in graph.before(envoys)


def test_in_the_gateway_api_too_any_name_is_listened_to_behind_a_load_balancer_that_ends_tls() -> None:
    routed = {"gateway-api": {}, "istio-api": {"domain": "example.com", "routes": "gateway-api"}}
    plain, secure = spec(built({**CLOUD, **SHOWN, **routed}), "Gateway", "istio-ingress/istio-ingress")["listeners"]
    assert plain["hostname"] == "*.example.com"
    assert "hostname" not in secure
    assert secure["tls"]["mode"] == "Terminate"


def test_without_being_told_the_gateway_itself_ends_tls() -> None:
    graph = built({**CLOUD, **SHOWN, "istio-gateway": {}})
    assert not [key for key in values(graph, "istio-ingress")["service"]["annotations"] if "ssl" in key]
    assert spec(graph, "Gateway", "istio-ingress/istio-ingress")["servers"][1]["hosts"] == ["*.example.com"]


def test_a_certificate_for_other_names_is_not_shown() -> None:
    with pytest.raises(StackError) as error:
        built({**CLOUD, **SHOWN, "istio-api": {"domain": "ml.example.com"}})
    assert list(error.value.problems) == [
        "istio-gateway.tls: 'load-balancer', but no certificate is for *.ml.example.com, only for *.example.com, "
        "example.com; add one, or leave it out"
    ]
