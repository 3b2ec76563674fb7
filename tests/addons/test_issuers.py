"""Who signs certificates, where secrets come from and who writes names: each with the rights for it and no more."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.addons.test_graph import release

ISSUER = "kubernetes:cert-manager.io/v1:ClusterIssuer"
ZONE = "arn:aws:route53:::hostedzone/Z0123456789ABC"
ACME = {"email": "ops@example.com", "zones": {"example.com": "Z0123456789ABC"}}
COMPANY = {"certificate": {"name": "ca", "key": "chain"}, "key": {"name": "ca", "key": "key"}}


def statements(graph: Graph, grant: str) -> list[Any]:
    """Return what a grant allows."""
    allowed: list[Any] = graph.one("test:index:Marker", grant).inputs["statements"]
    return allowed


def test_acme_is_answered_in_its_own_zones(build: Any) -> None:
    """By TXT records of the zones that the stack names, before the first request can be made."""
    graph = build({"identity": {}, "cert-manager": {"acme": ACME}})
    spec = graph.one(ISSUER).inputs["spec"]["acme"]
    assert (spec["email"], spec["server"]) == (ACME["email"], "https://acme-v02.api.letsencrypt.org/directory")
    assert spec["solvers"] == [
        {
            "selector": {"dnsZones": ["example.com"]},
            "dns01": {"route53": {"region": "eu-west-1", "hostedZoneID": "Z0123456789ABC"}},
        }
    ]
    allowed = statements(graph, "cert-manager-acme-grant")
    assert [each["resources"] for each in allowed] == [[ZONE], [ZONE], ["arn:aws:route53:::change/*"]]
    granted = graph.one("test:index:Marker", "cert-manager-acme-grant")
    assert granted.inputs["account"] == "cert-manager/cert-manager"
    assert granted.urn in graph.before(release(graph, "cert-manager"))
    assert not [r for r in graph if r.type.endswith(":Issuer")]


def test_a_companys_ca_comes_from_the_store(build: Any) -> None:
    """Its key is in no values and no state."""
    graph = build({"cert-manager": {"company": COMPANY}, "external-secrets-api": {}})
    assert graph.one(ISSUER).inputs["spec"] == {"ca": {"secretName": "platform-ca"}}
    kept = graph.one("kubernetes:external-secrets.io/v1:ExternalSecret").inputs["spec"]["data"]
    assert [(each["secretKey"], each["remoteRef"]["property"]) for each in kept] == [
        ("tls.crt", "chain"),
        ("tls.key", "key"),
    ]


def test_certificates_are_asked_for_when_somebody_signs(build: Any) -> None:
    """The webhook would refuse the request while it starts; the issuer is there too by then."""
    stack = ("user", "login", "cert-manager", "istio", "istio-gateway", "external-secrets", "identity")
    graph = build({name: {} for name in stack})
    signed = graph.one("kubernetes:cert-manager.io/v1:Certificate", "user-web-certificate")
    assert {release(graph, "cert-manager").urn, graph.one(ISSUER).urn} <= graph.before(signed)


def test_secrets_are_asked_for_when_somebody_reads_them(everything: Graph) -> None:
    """Likewise, and the store is there."""
    asked = everything.one("kubernetes:external-secrets.io/v1:ExternalSecret", "login-dex-connectors-external")
    store = everything.one("kubernetes:external-secrets.io/v1:ClusterSecretStore")
    assert {release(everything, "external-secrets").urn, store.urn} <= everything.before(asked)


def test_only_the_environments_secrets_are_read(everything: Graph) -> None:
    """By their names' beginning, and they are only read."""
    (allowed,) = statements(everything, "external-secrets-secrets-grant")
    assert allowed["resources"] == ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:groundwork-prod/*"]
    assert allowed["actions"] == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    store = everything.one("kubernetes:external-secrets.io/v1:ClusterSecretStore").inputs["spec"]["provider"]
    assert store == {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}


def test_without_a_cloud_a_namespace_keeps_them(build: Any) -> None:
    """It outlives the stack, and the operator reads it as an account that may do nothing else."""
    graph = build({"external-secrets": {}, "external-secrets-api": {"keeper": "kubernetes"}}, "prod")
    kept = graph.one("kubernetes:core/v1:Namespace", "external-secrets-platform-secrets")
    assert (kept.retain_on_delete, kept.protect) == (True, True)
    provider = graph.one("kubernetes:external-secrets.io/v1:ClusterSecretStore").inputs["spec"]["provider"]
    assert provider["kubernetes"]["remoteNamespace"] == "platform-secrets"
    assert provider["kubernetes"]["auth"] == {
        "serviceAccount": {"name": "secret-reader", "namespace": "external-secrets"}
    }
    (rule,) = graph.one("kubernetes:rbac.authorization.k8s.io/v1:Role").inputs["rules"]
    assert rule == {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}


def test_names_are_written_to_their_zones_only(everything: Graph) -> None:
    """Nothing of another cluster's or of a person's is touched, and nothing is deleted."""
    values = release(everything, "external-dns").inputs["values"]
    assert values["policy"] == "upsert-only"
    assert values["txtOwnerId"] == "groundwork-prod-groundwork-test"
    assert values["domainFilters"] == ["platform.internal"]
    assert values["sources"] == ["service", "istio-gateway"]
    allowed = statements(everything, "external-dns-zones-grant")
    assert [each["resources"] for each in allowed] == [[ZONE], [ZONE], ["*"]]
    assert allowed[-1]["actions"] == ["route53:ListHostedZones"]


@pytest.mark.parametrize(
    ("components", "message"),
    [
        (
            {"cert-manager": {"acme": {"zones": ACME["zones"]}}},
            "cert-manager.acme.email: required, and missing",
        ),
        (
            {"cert-manager": {"acme": {**ACME, "email": "ops"}}},
            "cert-manager.acme.email: must be an e-mail address, such as ops@example.com (got 'ops')",
        ),
        (
            {"cert-manager": {"acme": {**ACME, "zones": {"example.com": "example"}}}},
            "cert-manager.acme.zones.example.com: 'example' is no id of a hosted zone; an example is "
            "Z0123456789ABCDEFGHIJ",
        ),
        (
            {"cert-manager": {"acme": ACME}},
            "cert-manager.acme: it is answered in Route 53, and nobody here gives pods an identity in AWS: add eks to "
            "this stack, or import a stack that has it",
        ),
        (
            {"cert-manager": {"acme": ACME, "company": COMPANY}, "identity": {}},
            "cert-manager: acme and company would be the same issuer; keep one",
        ),
        (
            {"cert-manager": {"company": COMPANY}},
            "cert-manager.company: the secret 'ca' is kept outside this program, and nothing here reads it: add "
            "external-secrets to this stack",
        ),
        (
            {"external-dns": {}, "identity": {}},
            "external-dns: no zone to write names in: add route53 to this stack, or set external-dns.zones: "
            "{example.com: Z0123456789ABCDEFGHIJ}",
        ),
        (
            {"external-dns": {"zones": {"example": "Z0123456789ABC"}}, "identity": {}},
            "external-dns.zones.example: 'example' is no domain; an example is ml.example.com",
        ),
        (
            {"external-dns": {"zones": {"example.com": "z1"}}, "identity": {}},
            "external-dns.zones.example.com: 'z1' is no id of a hosted zone; an example is Z0123456789ABCDEFGHIJ",
        ),
        (
            {"external-dns": {"zones": {"example.com": "Z1X"}}, "identity": {}, "istio-api": {}},
            "external-dns.zones: the platform's domain 'platform.internal' is in none of them (example.com); set "
            "istio-api.domain, or add its zone",
        ),
        (
            {"external-secrets": {}},
            "external-secrets: AWS keeps the secrets, and nobody here gives pods an identity there: add eks to this "
            "stack, or import a stack that has it, or set external-secrets-api.keeper: kubernetes",
        ),
        (
            {"external-secrets-api": {"keeper": "vault"}},
            "external-secrets-api.keeper: must be 'aws' or 'kubernetes' (got 'vault')",
        ),
    ],
)
def test_bad_input_is_told(build: Any, components: dict[str, Any], message: str) -> None:
    """Each message names the key, the value and what would be valid."""
    with pytest.raises(StackError) as error:
        build(components)
    (told,) = error.value.problems
    assert told.endswith(message)
