"""Which documents are the same to the real provider: each answer here is one that 5.100 gave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from groundwork.sandbox.standins.aws.changes import changes

READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": ["arn:a/*", "arn:b/*"]}
ORGS, SECURE = {"aws:PrincipalOrgID": ["o-1", "o-2"]}, {"aws:SecureTransport": "true"}
TURNED = {"aws:PrincipalOrgID": ["o-2", "o-1"]}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:a"}
WHEN = {**LIST, "Condition": {"StringEquals": ORGS, "Bool": SECURE}}
FEW = {**LIST, "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}}
ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole"}


def policy(*statements: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements, **more})


def assumed(by: Any) -> str:
    return policy({**ASSUME, "Principal": by})


def small(given: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in given.items()}


def numbered(value: Any) -> str:
    return policy({**FEW, "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": value}}})


def differ(before: str, after: str, name: str = "policy") -> bool:
    return list(changes({name: before}, {name: after})) != []


BOTH = policy(READ, WHEN)
IMAGES = {"rules": [{"rulePriority": 1, "selection": {"tagPrefixList": ["v", "w"]}}, {"rulePriority": 2}]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BOTH, policy(WHEN, READ)),
        (BOTH, policy({**READ, "Action": READ["Action"][::-1]}, WHEN)),
        (BOTH, policy({**READ, "Resource": READ["Resource"][::-1]}, WHEN)),
        (BOTH, policy(READ, {**WHEN, "Action": [LIST["Action"]]})),
        (BOTH, policy(READ, {**LIST, "Condition": {"Bool": SECURE, "StringEquals": TURNED}})),
        (BOTH, policy(READ, {**LIST, "Condition": {"StringEquals": ORGS, "Bool": {"aws:SecureTransport": True}}})),
        (BOTH, policy(READ, {**LIST, "Condition": {"StringEquals": ORGS, "Bool": {"aws:SecureTransport": ["true"]}}})),
        (BOTH, policy({**READ, "Sid": ""}, WHEN)),
        (BOTH, json.dumps(json.loads(BOTH), indent=2)),
        (BOTH, policy(small(READ), small(WHEN))),
        (BOTH, json.dumps({"version": "2012-10-17", "statement": [READ, WHEN]})),
        (BOTH, policy({**READ, "Effect": "allow"}, WHEN)),
        (BOTH, policy({**READ, "Note": "unknown to AWS"}, WHEN, Note="too", Id="")),
        (BOTH, policy({**READ, "NotResource": [], "NotPrincipal": {}, "Condition": None}, WHEN)),
        (policy(FEW), numbered(300)),
        (policy(FEW), numbered([300.0])),
        (numbered("0.5"), numbered(0.5)),
        (json.dumps({"Statement": LIST}), json.dumps({"Statement": [LIST]})),
        (assumed({"AWS": "123456789012"}), assumed({"AWS": ["arn:aws:iam::123456789012:root"]})),
        (assumed({"Service": ["ec2.amazonaws.com", "a"]}), assumed({"Service": ["a", "ec2.amazonaws.com"]})),
        (json.dumps(IMAGES), json.dumps({"rules": IMAGES["rules"][::-1]}, indent=1)),
        ('{"source":["a","b"],"x":["y"]}', '{"x": ["y"], "source": ["a", "b"]}'),
    ],
)  # fmt: skip
def test_what_means_the_same_is_no_change(before: str, after: str) -> None:
    assert not differ(before, after)
    assert not list(changes({"inlinePolicies": [{"policy": before}]}, {"inlinePolicies": [{"policy": after}]}))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BOTH, policy(READ, {**WHEN, "Effect": "Deny"})),
        (BOTH, policy(READ, WHEN, WHEN)),
        (BOTH, policy({**READ, "Action": [*READ["Action"], "s3:GetObject"]}, WHEN)),
        (BOTH, policy({**READ, "Action": ["S3:getobject", "s3:GetObjectVersion"]}, WHEN)),
        (BOTH, policy({**READ, "Condition": {}}, WHEN)),
        (BOTH, policy(READ, {**LIST, "Condition": {"StringEquals": small(ORGS), "Bool": SECURE}})),
        (BOTH, policy(READ, {**LIST, "Condition": {"stringEquals": ORGS, "Bool": SECURE}})),
        (BOTH, json.dumps({"Statement": [READ, WHEN]})),
        (assumed({"AWS": "a"}), assumed({"aws": "a"})),
        (BOTH, policy({**READ, "Sid": "A"}, WHEN)),
        (BOTH, policy(READ, WHEN, Id="x")),
        (assumed("*"), assumed({"AWS": "*"})),
        ('{"source":["a","b"]}', '{"source":["b","a"]}'),
    ],
)
def test_what_the_provider_would_write_again_is_a_change(before: str, after: str) -> None:
    assert differ(before, after)


@pytest.mark.parametrize("name", ["secretString", "value"])
def test_a_secret_and_a_parameter_are_text(name: str) -> None:
    assert differ('{"a":1}', '{"a": 1}', name)
