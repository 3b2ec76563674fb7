"""Route 53 zones and records, certificates."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Do, Path, Read, Resource, declare, uses
from groundwork.sandbox.standins.aws.session import ApiError, Session


@uses("comment", "vpcs")
def _config(env: dict[str, Any]) -> dict[str, Any]:
    return {"Comment": env.get("comment") or "Managed by Pulumi", "PrivateZone": bool(env.get("vpcs"))}


@uses("vpcs")
def _first_vpc(env: dict[str, Any]) -> Any:
    vpcs = env.get("vpcs") or []
    return {"VPCId": vpcs[0]["vpcId"], "VPCRegion": vpcs[0].get("vpcRegion") or env["region"]} if vpcs else None


def _more_vpcs(session: Session, env: dict[str, Any]) -> None:
    """Associate the VPCs that came and disassociate those that went; a create takes the first itself."""
    old = [vpc["vpcId"] for vpc in env["old"].get("vpcs") or []] if env["old"] else []
    new = [vpc["vpcId"] for vpc in env.get("vpcs") or []]
    for vpc in new if env["old"] else new[1:]:
        if vpc not in old:
            place = {"VPCId": vpc, "VPCRegion": env["region"]}
            session.ask("route53", "associate_vpc_with_hosted_zone", HostedZoneId=env["id"], VPC=place)
    for vpc in old:
        if vpc not in new:
            place = {"VPCId": vpc, "VPCRegion": env["region"]}
            session.ask("route53", "disassociate_vpc_from_hosted_zone", HostedZoneId=env["id"], VPC=place)


def _read_zone(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    found = session.ask("route53", "get_hosted_zone", Id=env["id"])
    servers = (found.get("DelegationSet") or {}).get("NameServers") or []
    return {
        "Name": found["HostedZone"]["Name"].rstrip("."),
        "Comment": (found["HostedZone"].get("Config") or {}).get("Comment"),
        "ZoneId": env["id"],
        "NameServers": servers,
        "PrimaryNameServer": servers[0] if servers else None,
        "Vpcs": found.get("VPCs") or [],
    }


def _empty(session: Session, env: dict[str, Any]) -> None:
    """Delete every record but those that come with the zone, if forceDestroy asks for it."""
    if not env.get("forceDestroy"):
        return
    listed = session.ask("route53", "list_resource_record_sets", HostedZoneId=env["id"])
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": record}
        for record in listed["ResourceRecordSets"]
        if record["Type"] not in ("NS", "SOA")
    ]
    if changes:
        session.ask(
            "route53",
            "change_resource_record_sets",
            HostedZoneId=env["id"],
            ChangeBatch={"Changes": changes},
        )


declare(
    Resource(
        "aws:route53/zone:Zone",
        service="route53",
        create=Call(
            "create_hosted_zone",
            {
                "Name": "{name}",
                "CallerReference": "pulumi-{random}",
                "HostedZoneConfig": _config,
                "VPC": _first_vpc,
                "DelegationSetId": "{delegationSetId}",
            },
        ),
        answer="HostedZone",
        id=lambda answer: str(answer["Id"]).removeprefix("/hostedzone/"),
        autoname="name",
        steers=("forceDestroy",),
        defaults={"comment": "Managed by Pulumi"},
        after=(Do(_more_vpcs, on=("vpcs",)),),
        update=(Call("update_hosted_zone_comment", {"Id": "{id}", "Comment": "{comment}"}),),
        read=_read_zone,
        delete=(Do(_empty), Call("delete_hosted_zone", {"Id": "{id}"})),
        arn="arn:{partition}:route53:::hostedzone/{id}",
    )
)


@uses(
    "name",
    "type",
    "ttl",
    "records",
    "aliases",
    "setIdentifier",
    "weightedRoutingPolicies",
    "failoverRoutingPolicies",
    "latencyRoutingPolicies",
    "healthCheckId",
    "multivalueAnswerRoutingPolicy",
)
def _record(env: dict[str, Any]) -> dict[str, Any]:
    alias = next(iter(env.get("aliases") or []), None)
    weight: dict[str, Any] = next(iter(env.get("weightedRoutingPolicies") or []), {})
    failover: dict[str, Any] = next(iter(env.get("failoverRoutingPolicies") or []), {})
    latency: dict[str, Any] = next(iter(env.get("latencyRoutingPolicies") or []), {})
    whole = {
        "Name": env["name"],
        "Type": env["type"],
        "TTL": env.get("ttl"),
        "ResourceRecords": [{"Value": value} for value in env.get("records") or []] or None,
        "AliasTarget": alias
        and {
            "HostedZoneId": alias["zoneId"],
            "DNSName": alias["name"],
            "EvaluateTargetHealth": alias.get("evaluateTargetHealth", False),
        },
        "SetIdentifier": env.get("setIdentifier"),
        "Weight": weight.get("weight"),
        "Failover": failover.get("type"),
        "Region": latency.get("region"),
        "HealthCheckId": env.get("healthCheckId"),
        "MultiValueAnswer": env.get("multivalueAnswerRoutingPolicy"),
    }
    return {name: value for name, value in whole.items() if value is not None}


@uses("allowOverwrite")
def _creating(env: dict[str, Any]) -> str:
    return "UPSERT" if env.get("allowOverwrite") else "CREATE"


def _batch(action: Any) -> dict[str, Any]:
    return {
        "HostedZoneId": "{zoneId}",
        "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": _record}]},
    }


def _read_record(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    listed = session.ask("route53", "list_resource_record_sets", HostedZoneId=env["zoneId"])
    for record in listed["ResourceRecordSets"]:
        same_name = record["Name"].rstrip(".") == str(env["name"]).rstrip(".")
        if same_name and record["Type"] == env["type"] and record.get("SetIdentifier") == env.get("setIdentifier"):
            return {
                "Type": record["Type"],
                "TTL": record.get("TTL"),
                "Records": [item["Value"] for item in record.get("ResourceRecords") or []] or None,
                "ZoneId": env["zoneId"],
                "Name": env["name"],
            }
    return None


def _record_rules(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Refuse what the real provider refuses: a record is an alias, or has records and a TTL."""
    if inputs.get("aliases"):
        return [("aliases", "conflicts with records and ttl")] if inputs.get("records") else []
    missing = [name for name in ("records", "ttl") if inputs.get(name) is None]
    return [(name, "required, unless aliases is given") for name in missing]


declare(
    Resource(
        "aws:route53/record:Record",
        service="route53",
        create=Call("change_resource_record_sets", _batch(_creating)),
        id="{zoneId}_{name}_{type}",
        steers=("allowOverwrite",),
        update=(Call("change_resource_record_sets", _batch("UPSERT")),),
        read=_read_record,
        outputs={"fqdn": lambda session, env, live: str(env.get("name", "")).rstrip(".") or None},
        delete=(Call("change_resource_record_sets", _batch("DELETE"), unless_missing=("InvalidChangeBatch",)),),
        imports=r"(?P<zoneId>[^_]+)_(?P<name>.+)_(?P<type>[A-Z]+)",
        checks=(_record_rules,),
    )
)


declare(
    Resource(
        "aws:acm/certificate:Certificate",
        service="acm",
        create=Call("request_certificate", spread=True),
        id="CertificateArn",
        names={"validationOptions": "DomainValidationOptions"},
        steers=("earlyRenewalDuration",),
        update=(Call("update_certificate_options", {"CertificateArn": "{id}", "Options": "{options}"}),),
        read=Read("describe_certificate", {"CertificateArn": "{id}"}, "Certificate"),
        outputs={
            "domainValidationOptions": Path(
                "DomainValidationOptions[?ResourceRecord].{domainName: DomainName,"
                " resourceRecordName: ResourceRecord.Name, resourceRecordType: ResourceRecord.Type,"
                " resourceRecordValue: ResourceRecord.Value}"
            )
        },
        delete=(Call("delete_certificate", {"CertificateArn": "{id}"}),),
        arn="{id}",
        checks=(
            lambda inputs: (
                []
                if inputs.get("domainName") or inputs.get("privateKey")
                else [("domainName", "required, unless a certificate is imported")]
            ),
        ),
    )
)


def _proven(session: Session, env: dict[str, Any]) -> None:
    """Refuse what ACM would wait for in vain: a name whose record nobody writes, or that stands in no public zone."""
    found = session.ask("acm", "describe_certificate", env["region"], CertificateArn=env["certificateArn"])
    wanted = {
        option["ResourceRecord"]["Name"].rstrip("."): option["ResourceRecord"]["Value"].rstrip(".")
        for option in found["Certificate"].get("DomainValidationOptions") or []
    }
    given = env.get("validationRecordFqdns")
    if given is not None and (missing := sorted(set(wanted) - {name.rstrip(".") for name in given})):
        raise ApiError(f"missing DNS validation record: {', '.join(missing)}")
    for name, value in wanted.items():
        if value not in _public_answers(session, name):
            raise ApiError(f"ACM never issues it: no public zone of this account answers {name} with {value}")


def _public_answers(session: Session, name: str) -> set[str]:
    zones = session.ask("route53", "list_hosted_zones")["HostedZones"]
    return {
        item["Value"].rstrip(".")
        for zone in zones
        if f".{name}".endswith(f".{zone['Name'].rstrip('.')}") and not zone["Config"]["PrivateZone"]
        for record in session.ask("route53", "list_resource_record_sets", HostedZoneId=zone["Id"])["ResourceRecordSets"]
        if record["Name"].rstrip(".") == name and record["Type"] == "CNAME"
        for item in record.get("ResourceRecords") or []
    }


declare(
    Resource(
        "aws:acm/certificateValidation:CertificateValidation",
        service="acm",
        # It is nothing in AWS: the provider waits for the certificate, and its id is the time at which it was issued.
        create=Call("describe_certificate", {"CertificateArn": "{certificateArn}"}),
        answer="Certificate",
        id=lambda answer: str(answer["IssuedAt"]),
        steers=("validationRecordFqdns",),
        after=(Do(_proven),),
        read=Read("describe_certificate", {"CertificateArn": "{certificateArn}"}, "Certificate"),
    )
)
