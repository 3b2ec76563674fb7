"""Changing and listing the tags of a resource: one row a service."""

from __future__ import annotations

from typing import Any

import jmespath
from botocore.model import ListShape, StructureShape

from groundwork.sandbox.standins.aws.clients import operation_model
from groundwork.sandbox.standins.aws.declare import Read, Resource, Tagging
from groundwork.sandbox.standins.aws.model import Request
from groundwork.sandbox.standins.aws.naming import key
from groundwork.sandbox.standins.aws.sdk import sdk_resource
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.aws.templates import bare, fill


def _usual(target: str, value: str = "{arn}", listing: Read | None = None) -> Tagging:
    return Tagging("tag_resource", "untag_resource", {target: value}, listing)


def _listed(target: str, value: str, path: str, operation: str = "list_tags_for_resource") -> Read:
    return Read(operation, {target: value}, path)


_RDS = {"ResourceName": "{arn}"}
SERVICES: dict[str, Tagging] = {
    "acm": Tagging(
        "add_tags_to_certificate",
        "remove_tags_from_certificate",
        {"CertificateArn": "{arn}"},
        _listed("CertificateArn", "{arn}", "Tags", "list_tags_for_certificate"),
    ),
    "budgets": _usual("ResourceARN", listing=_listed("ResourceARN", "{arn}", "ResourceTags")),
    "cloudwatch": _usual("ResourceARN", listing=_listed("ResourceARN", "{arn}", "Tags")),
    "ec2": Tagging("create_tags", "delete_tags", {"Resources": "{id}"}),
    "ecr": _usual("resourceArn", listing=_listed("resourceArn", "{arn}", "tags")),
    "efs": _usual("ResourceId", "{id}"),
    "eks": _usual("resourceArn"),
    "elasticache": Tagging(
        "add_tags_to_resource", "remove_tags_from_resource", _RDS, _listed("ResourceName", "{arn}", "TagList")
    ),
    "events": _usual("ResourceARN", listing=_listed("ResourceARN", "{arn}", "Tags")),
    "kms": _usual("KeyId", "{id}", _listed("KeyId", "{id}", "Tags", "list_resource_tags")),
    "logs": _usual("resourceArn", listing=_listed("resourceArn", "{arn}", "tags")),
    "rds": Tagging("add_tags_to_resource", "remove_tags_from_resource", _RDS),
    "route53": Tagging(
        "change_tags_for_resource",
        "change_tags_for_resource",
        {"ResourceType": "hostedzone", "ResourceId": "{id}"},
        Read(
            "list_tags_for_resource",
            {"ResourceType": "hostedzone", "ResourceId": "{id}"},
            "ResourceTagSet.Tags",
        ),
    ),
    "secretsmanager": _usual("SecretId", "{id}"),
    "sns": _usual("ResourceArn", listing=_listed("ResourceArn", "{arn}", "Tags")),
    "sqs": Tagging(
        "tag_queue",
        "untag_queue",
        {"QueueUrl": "{id}"},
        Read("list_queue_tags", {"QueueUrl": "{id}"}, "Tags"),
    ),
    "ssm": Tagging(
        "add_tags_to_resource",
        "remove_tags_from_resource",
        {"ResourceType": "Parameter", "ResourceId": "{id}"},
        Read("list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": "{id}"}, "TagList"),
    ),
}


def taggable(resource: Resource) -> bool:
    """Tell whether resources of this type have tags."""
    return "tagsAll" in sdk_resource(resource.token).outputs


def listed(
    session: Session, resource: Resource, environment: dict[str, Any], description: dict[str, Any]
) -> dict[str, str] | None:
    """Return the tags that a resource has; None where nothing shows them."""
    how = resource.tagging or SERVICES.get(resource.service)
    for name in ("Tags", "tags", "TagList", "TagSet"):
        if name in description:
            return as_map(description[name])
    if how is None or how.listing is None:
        return None
    request = bare(fill(how.listing.arguments, environment))
    answer = session.send(resource.service, how.listing.operation, request, environment["region"])
    return None if answer is None else as_map(jmespath.search(how.listing.path, answer))


def as_map(tags: Any) -> dict[str, str]:
    """Return tags as a map, whether they come as one or as pairs of key and value."""
    if isinstance(tags, dict):
        return {str(name): str(value) for name, value in tags.items()}
    pairs = [{key(name): value for name, value in pair.items()} for pair in tags or []]
    return {
        str(pair.get("key", pair.get("tagkey"))): str(pair.get("value", pair.get("tagvalue", ""))) for pair in pairs
    }


def retag(
    session: Session, resource: Resource, environment: dict[str, Any], old: dict[str, str], new: dict[str, str]
) -> None:
    """Bring the tags of a resource from `old` to `new`."""
    how = resource.tagging or SERVICES.get(resource.service)
    if how is None:
        return
    gone = [name for name in old if name not in new]
    added = {name: value for name, value in new.items() if old.get(name) != value}
    if not how.remove:
        _send(session, resource, how.add, how, environment, {"Tagging": {"TagSet": new}})
        return
    if gone:
        member = _member(resource, how.remove, how, "remove")
        keys: list[Any] = [{"Key": name} for name in gone] if _wants_pairs(resource, how, member) else gone
        _send(session, resource, how.remove, how, environment, {member: keys})
    if added:
        _send(session, resource, how.add, how, environment, {_member(resource, how.add, how, "add"): added})


def _member(resource: Resource, operation: str, how: Tagging, verb: str) -> str:
    members = [
        name for name in _parameters(resource, operation).members if "tag" in name.lower() and name not in how.target
    ]
    return next((name for name in members if verb in name.lower()), members[0])


def _wants_pairs(resource: Resource, how: Tagging, member: str) -> bool:
    shape = _parameters(resource, how.remove).members[member]
    return isinstance(shape, ListShape) and shape.member.type_name == "structure"


def _parameters(resource: Resource, operation: str) -> StructureShape:
    shape = operation_model(resource.service, operation).input_shape
    if shape is None:
        raise ValueError(f"{resource.service} {operation} takes no parameters")
    return shape


def _send(
    session: Session,
    resource: Resource,
    operation: str,
    how: Tagging,
    environment: dict[str, Any],
    tags: dict[str, Any],
) -> None:
    shape = _parameters(resource, operation)
    wanted = {**(bare(fill(how.target, environment)) or {}), **tags}
    session.send(resource.service, operation, Request({}).convert(shape, wanted), environment["region"])
