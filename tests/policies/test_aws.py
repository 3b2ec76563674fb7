"""The rules over AWS on the platform's own components, and what examples of one field cannot say."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from groundwork.policy.facts import Approval
from groundwork.policy.judge import Judge, Undecided
from groundwork.policy.subject import Subject
from groundwork.policy.values import UNKNOWN, PartlyKnown
from policies._documents import account_of, narrowed
from policies.aws_account import REQUIRED_TAGS, TAGGED
from policies.pack import load_rules
from tests.environments import PROJECT
from tests.infra.stacks import build
from tests.policies.examples import ROOT, examples, judge
from tests.policies.graphs import subjects

_RULES = load_rules()
_KEY_URN = "urn:pulumi:prod::groundwork::aws:kms/key:Key::own"


@cache
def _platform() -> list[Subject]:
    """What holds data in production, with nodes of Karpenter's."""
    pools = {"gpu": {"accelerator": "nvidia-l4", "max": 4}, "provisioner": "karpenter"}
    others: dict[str, Any] = {"karpenter": {}, "karpenter-api": {}, "elasticache": {}, "queue-user": {}, "app": {}}
    return subjects(
        build("prod", network={}, eks={}, pools=pools, s3={}, rds={}, efs={}, ecr={"repositories": {"a": {}}}, **others)
    )


def _class_of(type: str) -> Any:
    _, module, name = type.split(":")
    return getattr(importlib.import_module(f"pulumi_aws.{module.partition('/')[0]}"), name)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def test_the_platforms_own_resources_break_no_rule_in_production() -> None:
    rules = [rule for rule in judge().rules if any(type.startswith("aws:") for type in rule.types)]
    found = Judge(rules, judge().facts, judge().exemptions).all(_platform())
    assert [finding.said for finding in found if not isinstance(finding, Undecided)] == []


@pytest.mark.parametrize("taken", ["aws:s3/bucketPolicy", "aws:s3/bucketVersioning", "aws:s3/bucketPublicAccessBlock"])
def test_what_is_left_out_of_the_platforms_buckets_is_told_of_each(taken: str) -> None:
    buckets = [subject for subject in _platform() if subject.type.startswith("aws:s3/")]
    fewer = [subject for subject in buckets if not subject.type.startswith(taken)]
    told = [f.said for f in judge().all(fewer) if f.rule.id in ("no-public-bucket", "stores-complete")]
    assert len(told) == len([subject for subject in buckets if subject.kind == "Bucket"])


def _guarding(given: dict[str, Any]) -> set[str]:
    """Return what the rules that keep data say of a production with these two databases, by the settings it is from."""
    stack = {"network": {}, "rds": {}, "rds-old": {"component": "rds", **given}}
    settings = {"groundwork:components": json.dumps(stack)}
    rules = [load_rules().by_id[name] for name in ("stateful-protected", "deletion-protection", "keys-rotate")]
    knowing = Judge(rules, replace(judge().facts, settings=settings), judge().exemptions)
    return {finding.said.partition(":")[0] for finding in knowing.all(subjects(build("prod", **stack)))}


def test_what_its_stack_file_retires_may_go_and_nothing_else() -> None:
    """Or the change that lifts its protection, which composing asks for, would be refused itself."""
    assert _guarding({"retire": True}) == set()
    unsaid = subjects(build("prod", network={}, rds={"retire": True}))
    assert {finding.subject.label for finding in judge().all(unsaid) if finding.subject} >= {"Instance rds-server"}


def test_what_somebody_approved_to_go_need_not_be_protected() -> None:
    """An approval lifts the protection of the engine; the one of AWS stays."""
    open_ = [
        replace(subject, protected=False)
        for subject in subjects(build("prod", network={}, rds={}))
        if subject.label == "Instance rds-server"
    ]
    approval = Approval(
        resource="Instance rds-server",
        action="replace",
        environment="prod",
        owner="platform",
        reason="restored from a snapshot",
        until=judge().facts.today,
    )
    rules = [load_rules().by_id["stateful-protected"]]
    for approvals, told in (((), 1), ((approval,), 0)):
        knowing = Judge(rules, replace(judge().facts, approvals=approvals), judge().exemptions)
        assert len(list(knowing.all(open_))) == told


def test_all_that_can_have_tags_is_asked_for_them() -> None:
    seen = {subject.type for subject in _platform() if subject.type.startswith("aws:")}
    assert {type for type in {*seen, *TAGGED} if hasattr(_class_of(type), "tags_all")} == set(TAGGED)


def test_the_tags_are_those_that_the_provider_gives_to_everything() -> None:
    (stack,) = PROJECT.environment("dev")
    assert set(REQUIRED_TAGS) == set(stack.surroundings("groundwork", ROOT).tags)


def test_examples_have_only_properties_that_the_provider_has() -> None:
    used = {
        (subject.type, key)
        for example in examples()
        for subject in example.valid
        for key in subject.props
        if subject.type.startswith("aws:") and key != "id"
    }
    assert len(used) > 50
    assert [(type, key) for type, key in sorted(used) if not hasattr(_class_of(type), _snake(key))] == []


def _first_preview(references: dict[str, list[str]]) -> list[Subject]:
    props = PartlyKnown({"encrypted": True, "kmsKeyId": UNKNOWN}, "")
    return [Subject("aws:efs/fileSystem:FileSystem", "it", props, "urn:it", references)]


def test_a_key_of_the_stack_counts_before_its_arn_is_known() -> None:
    alone = Judge([_RULES["customer-managed-keys"]], judge().facts, judge().exemptions)
    assert list(alone.all(_first_preview({"kmsKeyId": [_KEY_URN]}))) == []
    (found,) = alone.all(_first_preview({}))
    assert found.said.endswith("kmsKeyId is known only in an update")


@pytest.mark.parametrize(
    ("operator", "key", "value", "narrow"),
    [
        ("StringEquals", "aws:PrincipalOrgID", "o-1", True),
        ("StringLike", "aws:PrincipalArn", "*", False),
        ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1", False),
        ("StringNotEquals", "aws:PrincipalAccount", "111122223333", False),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/0", False),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", True),
        ("Bool", "aws:SecureTransport", "true", False),
        ("Bool", "elasticfilesystem:AccessedViaMountTarget", "true", True),
    ],
)
def test_a_condition_narrows_only_where_it_says_who_or_from_where(
    operator: str, key: str, value: str, narrow: bool
) -> None:
    assert narrowed({"Condition": {operator: {key: value}}}) is narrow


def test_a_principals_account_is_found_in_its_arn_or_is_itself() -> None:
    assert account_of("arn:aws:iam::111122223333:role/a") == account_of("111122223333") == "111122223333"
    assert account_of("*") == account_of("ec2.amazonaws.com") == ""
