"""Domains, and the controllers that write names in them."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from tests.infra.stacks import build, document

ZONE = "aws:route53/zone:Zone"
ZONES = {"zones": {"ml.example.com": {}, "platform.internal": {"private": True}}}
ACME = {"acme": {"email": "ops@example.com"}}


def cluster(**components: Any) -> dict[str, Any]:
    return {"network": {}, "eks": {}, **components}


def test_a_private_zone_is_the_networks_and_a_public_one_everybodys() -> None:
    zones = {z.inputs["name"]: z.inputs for z in build(network={}, route53=ZONES).of(ZONE)}
    assert zones["platform.internal"]["vpcs"] == [{"vpcId": "network-vpc-id"}]
    assert "vpcs" not in zones["ml.example.com"]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_zone_is_emptied_and_deleted_only_where_nothing_is_protected(environment: str) -> None:
    zones = build(environment, network={}, route53=ZONES).of(ZONE)
    assert {z.protect for z in zones} == {environment == "prod"}
    assert {z.inputs["forceDestroy"] for z in zones} == {environment != "prod"}


def test_whoever_has_the_domain_above_is_told_the_name_servers() -> None:
    outputs = build(network={}, route53=ZONES).outputs
    assert outputs["route53.name_servers"] == {"ml.example.com": ["ns-1.example"]}
    assert outputs["route53.ids"] == {"ml.example.com": "ZMLEXAMPLECOM", "platform.internal": "ZPLATFORMINTERNAL"}


def test_names_are_written_in_the_stacks_zones_and_in_those_that_it_names() -> None:
    given = {"zones": {"old.example.com": "Z0123456789ABC"}}
    graph = build(**cluster(route53=ZONES, **{"external-dns": given}))
    release = graph.one("kubernetes:helm.sh/v3:Release", "external-dns")
    values = release.inputs["values"]
    assert values["domainFilters"] == ["ml.example.com", "old.example.com", "platform.internal"]
    assert values["extraArgs"]["zone-id-filter"] == ["Z0123456789ABC", "$(ZONE_0)", "$(ZONE_1)"]
    settings = graph.one("kubernetes:core/v1:ConfigMap", "external-dns-settings")
    assert settings.inputs["data"] == {"ml.example.com": "ZMLEXAMPLECOM", "platform.internal": "ZPLATFORMINTERNAL"}
    assert settings.urn in graph.before(release)
    read = {e["name"]: e["valueFrom"]["configMapKeyRef"] for e in values["env"] if "valueFrom" in e}
    assert read["ZONE_1"] == {"name": "settings", "key": "platform.internal"}
    write = document(graph.one("aws:iam/rolePolicy:RolePolicy", "external-dns-external-dns-zones").inputs["policy"])[0]
    assert write["Resource"] == [
        f"arn:aws:route53:::hostedzone/{zone}" for zone in ("ZMLEXAMPLECOM", "Z0123456789ABC", "ZPLATFORMINTERNAL")
    ]


def test_an_acme_server_is_answered_in_public_zones_only() -> None:
    graph = build(**cluster(route53=ZONES, **{"cert-manager": ACME}))
    issuer = graph.one("kubernetes:cert-manager.io/v1:ClusterIssuer").inputs["spec"]["acme"]
    (solver,) = issuer["solvers"]
    assert solver["selector"] == {"dnsZones": ["ml.example.com"]}
    assert solver["dns01"] == {"route53": {"region": "eu-west-1", "hostedZoneID": "ZMLEXAMPLECOM"}}
    grant = graph.one("aws:iam/rolePolicy:RolePolicy", "cert-manager-cert-manager-acme")
    assert document(grant.inputs["policy"])[0]["Resource"] == ["arn:aws:route53:::hostedzone/ZMLEXAMPLECOM"]


@pytest.mark.parametrize(
    ("stack", "problem"),
    [
        ({"route53": {}}, "route53.zones: required, and missing"),
        ({"route53": {"zones": {"example": {}}}}, "'example' is no domain; an example is ml.example.com"),
        (
            {"route53": {"zones": {"ml.internal": {"private": True}}}},
            "route53.zones.ml.internal.private: only a network can ask for its names: add network to this stack, or "
            "import a stack that has it",
        ),
        (
            {"network": {}, "route53": {"zones": {"ml.internal": {"private": True}}, "delegationSet": "N0123"}},
            "route53.delegationSet: every zone is private, and has no name servers; leave it out",
        ),
        (
            {"network": {}, "eks": {}, "external-dns": {}},
            "external-dns: no zone to write names in: add route53 to this stack, or set external-dns.zones: "
            "{example.com: Z0123456789ABCDEFGHIJ}",
        ),
        (
            {
                "network": {},
                "eks": {},
                "route53": {"zones": {"ml.internal": {"private": True}}},
                "cert-manager": ACME,
            },
            "cert-manager.acme: no zone to answer in: add route53 with a public zone to this stack, or set "
            "cert-manager.acme.zones: {example.com: Z0123456789ABCDEFGHIJ}",
        ),
    ],
)
def test_what_cannot_be_is_told(stack: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        build(**stack)
    assert problem in str(error.value)
