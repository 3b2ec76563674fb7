"""The environment's secrets: their places, never their values."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from tests.infra.stacks import build, document

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - the name of a type
DECLARED: Any = {"secrets": {"mail": ["username", "password"], "github": ["client-secret"]}}


def test_each_is_made_without_a_value_under_the_environments_name() -> None:
    graph = build(**{"secrets-manager": DECLARED})
    made = {s.inputs["name"]: s.inputs for s in graph.of(SECRET)}
    assert set(made) == {"groundwork-dev/mail", "groundwork-dev/github"}
    assert made["groundwork-dev/mail"]["description"] == "JSON with the keys username, password"
    assert {s["kmsKeyId"] for s in made.values()} == {"arn:aws:kms:eu-west-1:111122223333:secrets-manager-key"}
    assert graph.of("aws:secretsmanager/secretVersion:SecretVersion") == []


@pytest.mark.parametrize(("environment", "days"), [("dev", 0), ("prod", 30)])
def test_a_deleted_one_can_be_had_back_where_it_matters(environment: str, days: int) -> None:
    secrets = build(environment, **{"secrets-manager": DECLARED}).of(SECRET)
    assert {s.inputs["recoveryWindowInDays"] for s in secrets} == {days}
    assert {s.protect for s in secrets} == {environment == "prod"}


def test_no_other_account_is_ever_let_in() -> None:
    policies = build(**{"secrets-manager": DECLARED}).of("aws:secretsmanager/secretPolicy:SecretPolicy")
    assert {p.inputs["blockPublicPolicy"] for p in policies} == {True}
    ((statement,),) = {tuple(map(str, document(p.inputs["policy"]))) for p in policies}
    assert "'Effect': 'Deny'" in statement
    assert "{'StringNotEquals': {'aws:PrincipalAccount': '111122223333'}}" in statement


def test_who_copies_them_into_a_cluster_reads_this_environments_and_no_others() -> None:
    graph = build(**{"network": {}, "eks": {}, "secrets-manager": DECLARED, "external-secrets": {}})
    role = graph.one("aws:iam/rolePolicy:RolePolicy", "external-secrets-external-secrets-secrets")
    assert document(role.inputs["policy"]) == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            "Resource": ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:groundwork-dev/*"],
        },
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": ["arn:aws:kms:eu-west-1:111122223333:secrets-manager-key"],
            "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
        },
    ]


@pytest.mark.parametrize(
    ("stack", "problem"),
    [
        (
            {"secrets-manager": {"secrets": {"mail": []}}},
            "mail: say which keys its value will have; an example is [username, password]",
        ),
        (
            {"secrets-manager": {"secrets": {"Mail": ["a"]}}},
            "'Mail' is no name: small letters, digits and hyphens, at most 63; an example is mail",
        ),
        ({"secrets-manager": {"secrets": {"mail": ["a b"]}}}, "mail: 'a b' is no key; an example is client-secret"),
        ({"secrets-manager": {"secrets": {"mail": ["a", "a"]}}}, "mail: the key 'a' is there twice"),
        (
            {"secrets-manager": {"recoveryDays": 3}},
            "secrets-manager.recoveryDays: 3: Secrets Manager takes 7 to 30, or 0 for none",
        ),
        (
            {
                "network": {},
                "eks": {},
                "secrets-manager": {},
                "external-secrets-api": {"keeper": "kubernetes"},
                "external-secrets": {},
            },
            "external-secrets: external-secrets-api.keeper is 'kubernetes', and this stack keeps secrets in AWS; leave "
            "the keeper out, or take secrets-manager out",
        ),
    ],
)
def test_what_cannot_be_is_told(stack: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        build(**stack)
    assert problem in str(error.value)
