"""Certificates for load balancers, and what proves their names."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from groundwork.core.contracts import LoadBalancerCertificates
from groundwork.core.errors import StackError
from tests.infra.stacks import build

CERTIFICATE = "aws:acm/certificate:Certificate"
RECORD = "aws:route53/record:Record"
ISSUED = "aws:acm/certificateValidation:CertificateValidation"
ZONES: Any = {"zones": {"ml.example.com": {}, "platform.internal": {"private": True}}}
GIVEN = {"example.org": "Z0123456789ABC"}


def certified(environment: str = "dev", **config: Any) -> Any:
    return build(environment, network={}, route53=ZONES, acm=config)


def of(*names: str, **more: Any) -> dict[str, Any]:
    return {"names": list(names), **more}


def test_by_default_each_public_zone_has_one_for_all_names_in_it() -> None:
    graph = certified()
    certificate = graph.one(CERTIFICATE)
    assert certificate.inputs["domainName"] == "ml.example.com"
    assert certificate.inputs["subjectAlternativeNames"] == ["*.ml.example.com", "ml.example.com"]
    assert certificate.inputs["validationMethod"] == "DNS"
    assert graph.outputs["acm.names"] == {"ml.example.com": ("ml.example.com", "*.ml.example.com")}
    assert set(graph.outputs["acm.arns"]) == {"ml.example.com"}


def test_a_name_and_its_wildcard_are_proven_by_one_record_whichever_certificate_asks() -> None:
    graph = certified(
        certificates={
            "apps": of("*.ml.example.com", "a.b.ml.example.com"),
            "bare": of("ml.example.com", key="EC_prime256v1"),
        }
    )
    records = {record.inputs["name"]: record for record in graph.of(RECORD)}
    assert set(records) == {"_proof.ml.example.com", "_proof.a.b.ml.example.com"}
    assert {record.inputs["zoneId"] for record in records.values()} == {"ZMLEXAMPLECOM"}
    assert {record.inputs["allowOverwrite"] for record in records.values()} == {True}
    waiting = {issued.name: issued for issued in graph.of(ISSUED)}
    assert waiting["acm-bare-issued"].inputs["validationRecordFqdns"] == ["_proof.ml.example.com"]
    assert len(waiting["acm-apps-issued"].inputs["validationRecordFqdns"]) == 2
    assert records["_proof.ml.example.com"].urn in graph.before(waiting["acm-bare-issued"])
    assert {c.inputs["keyAlgorithm"] for c in graph.of(CERTIFICATE)} == {"RSA_2048", "EC_prime256v1"}


def test_a_name_is_proven_in_the_nearest_zone_and_in_those_that_the_stack_names() -> None:
    zones: Any = {"zones": {"example.com": {}, "ml.example.com": {}}}
    wanted = {"one": of("a.ml.example.com", "b.example.com", "c.example.org")}
    graph = build(route53=zones, acm={"certificates": wanted, "zones": GIVEN})
    assert {record.inputs["name"]: record.inputs["zoneId"] for record in graph.of(RECORD)} == {
        "_proof.a.ml.example.com": "ZMLEXAMPLECOM",
        "_proof.b.example.com": "ZEXAMPLECOM",
        "_proof.c.example.org": "Z0123456789ABC",
    }
    assert [r.inputs["zoneId"] for r in build(acm={"zones": GIVEN}).of(RECORD)] == ["Z0123456789ABC"]


def test_nothing_of_it_is_protected_for_it_holds_no_data() -> None:
    graph = certified("prod")
    assert not any(graph.one(kind).protect for kind in (CERTIFICATE, RECORD, ISSUED))


def test_more_names_than_every_account_may_have_are_told(caplog: pytest.LogCaptureFixture) -> None:
    certified(certificates={"many": of(*(f"a{number}.ml.example.com" for number in range(11)))})
    assert (
        "acm.certificates.many.names: 11 names; ACM takes 10 unless the account has a higher quota of 'Domain names "
        "per ACM certificate'" in caplog.text
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ml.example.com", "bare"),
        ("a.ml.example.com", "apps"),
        ("*.ml.example.com", "apps"),
        ("a.b.ml.example.com", None),
        ("*.b.ml.example.com", None),
        ("example.com", None),
    ],
)
def test_a_star_stands_for_one_label(name: str, found: str | None) -> None:
    names = {"apps": ("*.ml.example.com",), "bare": ("ml.example.com",)}
    assert LoadBalancerCertificates(names=names, arns=pulumi.Output.from_input({})).covering(name) == found


def refused(**stack: Any) -> list[str]:
    with pytest.raises(StackError) as error:
        build(**stack)
    return list(error.value.problems)


def test_all_that_cannot_be_proven_is_told_at_once() -> None:
    long = f"{'a' * 60}.ml.example.com"
    wanted = {
        "apps": of("a.ml.example.com", "a.ml.example.com", "*.example.com", "a.platform.internal"),
        "more": of(long, "a.ml.example.com"),
    }
    assert refused(network={}, route53=ZONES, acm={"certificates": wanted}) == [
        "acm.certificates.apps.names: 'a.ml.example.com' is there 2 times",
        "acm.certificates.apps.names: '*.example.com' is in none of the public zones ml.example.com; add its zone to "
        "route53, or its id to acm.zones",
        "acm.certificates.apps.names: 'a.platform.internal' is in the private zone platform.internal, where ACM sees "
        "no record; only a public zone proves a name",
        "acm.certificates.more.names: 'a.ml.example.com' is that of acm.certificates.apps; a load balancer for it "
        "could show either",
        f"acm.certificates.more.names: '{long}' has 75 characters, and the first may have 64; begin with a shorter one",
    ]


@pytest.mark.parametrize("stack", [{}, {"network": {}, "route53": {"zones": {"ml.internal": {"private": True}}}}])
def test_without_a_public_zone_nothing_can_be_proven(stack: dict[str, Any]) -> None:
    assert refused(**stack, acm={}) == [
        "acm: no zone to prove names in: add route53 with a public zone to this stack, or set acm.zones: "
        "{example.com: Z0123456789ABCDEFGHIJ}"
    ]


def test_two_components_do_not_prove_one_name() -> None:
    assert refused(acm={"zones": GIVEN}, more={"component": "acm", "zones": GIVEN}) == [
        "acm and more would both be who proves the name example.org; list all certificates for it under more, or the "
        "other"
    ]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("*.*.ml.example.com", "'*.*.ml.example.com': a star stands for one whole label, the first"),
        ("a.*.example.com", "'a.*.example.com': a star stands for one whole label, the first"),
        ("a*.example.com", "'a*.example.com': a star stands for one whole label, the first"),
        ("*.com", "'com' is no domain; an example is ml.example.com"),
    ],
)
def test_what_no_certificate_is_for_is_told(name: str, problem: str) -> None:
    (told,) = refused(route53={"zones": {"ml.example.com": {}}}, acm={"certificates": {"apps": of(name)}})
    assert problem in told
    assert "acm.certificates.apps.names" in told
