"""Rules over identities: what they may do, and who may take them on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, items, objects
from policies._documents import account_of, actions, allowing, conditions, principals

_ROLE = "aws:iam/role:Role"
_INLINE = ("aws:iam/rolePolicy:RolePolicy", "aws:iam/groupPolicy:GroupPolicy", "aws:iam/userPolicy:UserPolicy")
_READING = ("Describe", "List", "Get")
# What these get is not what AWS knows of a thing, but what is in it. A pattern may be any of them.
_DATA = ("s3:GetObject", "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "dynamodb:GetItem")
# Whom a condition on one of these keeps away is nobody whom anything else would let in.
_HOW = ("aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:useragent", "s3:signatureversion")


def _documents(subject: Subject) -> Iterator[Any]:
    """Return the documents of what an identity may do."""
    if subject.type == _ROLE:
        yield from (inline.get("policy") for inline in objects(subject.props.get("inlinePolicies")))
    else:
        yield subject.props.get("policy")


@RULES.resource(
    "no-wildcard-iam",
    severity="high",
    controls=("CIS AWS 1.16", "AWS FSBP IAM.1", "AWS FSBP IAM.21"),
    types=("aws:iam/policy:Policy", *_INLINE, _ROLE),
)
def no_wildcard_iam(subject: Subject, facts: Facts) -> Iterator[str]:
    """No identity may do everything, or change something, or read what is kept, everywhere.

    A pod that is broken into has its identity's rights.
    """
    for statement in (found for document in _documents(subject) for found in allowing(document)):
        # Whoever may do all but a few may do what AWS adds tomorrow.
        for key, names in (("NotAction", "actions"), ("NotResource", "resources")):
            if key in statement:
                but = ", ".join(map(str, items(statement[key])))
                yield f"{subject.label}: allows all {names} but {but}: name those that it needs"
        named = actions(statement)
        wild = [action for action in named if action.rstrip("*") in ("", action.partition(":")[0] + ":")]
        if wild:
            yield f"{subject.label}: allows {', '.join(wild)}: name the actions"
        grave = [a for a in named if a not in wild and (_reads_data(a) or not _reads(a))]
        if grave and any(map(_every_one, items(statement.get("Resource")))) and not _limited(statement):
            yield f"{subject.label}: allows {', '.join(grave)} on every resource: name the resources, or a condition"


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(_READING)


def _reads_data(action: str) -> bool:
    return any(fnmatch(data.lower(), action.lower()) for data in _DATA)


def _every_one(resource: Any) -> bool:
    """Return whether a resource is all there are, or all of a service: "arn:aws:s3:::*"."""
    return re.fullmatch(r"\*+|arn:[^:]*:[^:]*:[^:]*:[^:]*:[*/]+", str(resource)) is not None


def _limited(statement: Mapping[str, Any]) -> bool:
    """Return whether a condition says of which resources, by whom or for whom; others say only how or when."""
    return any(
        key not in _HOW and not operator.endswith("IfExists") and any(value.strip("*") for value in values)
        for operator, key, values in conditions(statement)
    )


_ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/rolePolicyAttachmentsExclusive",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
)
# Of AWS's own policies those that are a whole account, or a whole service: AdministratorAccess, AmazonS3FullAccess.
_SWEEPING = re.compile(
    r"arn:[^:]+:iam::aws:policy/(.*/)?"
    r"((Administrator|PowerUser|System)[A-Za-z-]*|ReadOnlyAccess|[A-Za-z0-9_-]*FullAccess[A-Za-z0-9_-]*)"
)


@RULES.resource(
    "no-administrators",
    severity="high",
    controls=("CIS AWS 1.16", "AWS FSBP IAM.1", "Groundwork: least privilege"),
    types=(*_ATTACHMENTS, _ROLE),
)
def no_administrators(subject: Subject, facts: Facts) -> Iterator[str]:
    """No identity of the platform has one of AWS's own policies that allows a whole service, or the whole account.

    They grow with AWS, and nobody here is asked.
    """
    for key in ("policyArn", "policyArns", "managedPolicyArns"):
        for arn in items(subject.props.get(key)):
            if _SWEEPING.fullmatch(str(arn)):
                name = str(arn).rpartition("/")[2]
                yield f"{subject.label}: has {name}, which allows far too much: write a policy of what it needs"


_POD_TAGS = ("eks-cluster-name", "kubernetes-namespace", "kubernetes-service-account")
_EXACT = ("StringEquals", "ArnEquals")
_OUTSIDER = ("sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount")
_OWN_ACCOUNTS = "aws:allowedAccountIds"


@RULES.resource(
    "trust-policies",
    severity="high",
    controls=("AWS FSBP IAM.21", "CIS EKS 5.2.1", "Groundwork: one identity a service account"),
    types=(_ROLE,),
)
def trust_policies(subject: Subject, facts: Facts) -> Iterator[str]:
    """A role says exactly who may take it on: never everybody, one service account of one cluster, one token's subject.

    A role that more may take on than need it is everybody's who breaks into one of them.
    """
    own = {account for key, text in facts.settings.items() if key.startswith(_OWN_ACCOUNTS) for account in _ids(text)}
    for statement in allowing(subject.props.get("assumeRolePolicy")):
        if "NotPrincipal" in statement:
            yield f"{subject.label}: everybody but a few may take it on: name who may"
        exact = {key for operator, key, values in conditions(statement) if operator in _EXACT and _plain(values)}
        for kind, name in principals(statement):
            if name == "*":
                yield f"{subject.label}: everybody may take it on: name who may"
            elif (kind, name) == ("Service", "pods.eks.amazonaws.com"):
                free = [tag for tag in _POD_TAGS if f"aws:requesttag/{tag}" not in exact]
                if free:
                    yield (
                        f"{subject.label}: pods take it on whatever their {', '.join(free)}: "
                        "demand each with StringEquals on aws:RequestTag"
                    )
            elif kind == "Federated" and "oidc" in name.lower():
                free = [claim for claim in ("sub", "aud") if not any(key.endswith(f":{claim}") for key in exact)]
                if free:
                    yield (
                        f"{subject.label}: tokens of {name.rpartition('/')[2]} take it on whatever their "
                        f"{' and '.join(free)}: demand each with StringEquals"
                    )
            elif kind == "AWS" and own and account_of(name) not in {*own, ""} and not exact & {*_OUTSIDER}:
                yield (
                    f"{subject.label}: account {account_of(name)} may take it on without an external id: "
                    "demand sts:ExternalId with StringEquals"
                )


def _ids(text: str) -> list[str]:
    return re.findall(r"[0-9]{12}", text)


def _plain(values: list[str]) -> bool:
    return bool(values) and not any("*" in value or "?" in value for value in values)
