"""Examples of the rules over identities."""

from __future__ import annotations

import json
from typing import Any

from groundwork.policy.example import Example, one

_ROLE = "aws:iam/role:Role"


def _document(**statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", **statement}]})


def _iam(action: str, resource: str) -> str:
    return _document(Action=action, Resource=resource)


def _trust(principal: Any, **equals: str) -> str:
    return _document(Action="sts:AssumeRole", Principal=principal, Condition={"StringEquals": equals})


_POLICY = one("aws:iam/policy:Policy", {"policy": _iam("s3:GetObject", "arn:x")})
_EC2 = one(_ROLE, {"assumeRolePolicy": _trust({"Service": "ec2.amazonaws.com"})})
_PODS = {"Service": "pods.eks.amazonaws.com"}
_ONE_ACCOUNT = {
    "aws:RequestTag/eks-cluster-name": "c",
    "aws:RequestTag/kubernetes-namespace": "n",
    "aws:RequestTag/kubernetes-service-account": "s",
}
_ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
_TOKENS = {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{_ISSUER}"}
_ONE_TOKEN = {f"{_ISSUER}:sub": "system:serviceaccount:n:s", f"{_ISSUER}:aud": "sts.amazonaws.com"}
_OTHER = {"AWS": "arn:aws:iam::444455556666:root"}
_OURS = {"settings": {"aws:allowedAccountIds": '["111122223333"]'}}

EXAMPLES = [
    Example("no-wildcard-iam", _POLICY, "policy", _iam("s3:*", "arn:x"), "Policy it: allows s3:*: name the actions"),
    Example(
        "no-wildcard-iam",
        _POLICY,
        "policy",
        _iam("s3:PutObject", "*"),
        "Policy it: allows s3:PutObject on every resource: name the resources, or a condition",
    ),
    Example(
        "no-wildcard-iam",
        _POLICY,
        "policy",
        _document(NotAction="iam:*", Resource="arn:x"),
        "Policy it: allows all actions but iam:*: name those that it needs",
    ),
    Example(
        "no-wildcard-iam",
        _POLICY,
        "policy",
        _document(Action="s3:GetObject", NotResource="arn:x"),
        "Policy it: allows all resources but arn:x: name those that it needs",
    ),
    Example(
        "no-wildcard-iam",
        one(_ROLE, {"inlinePolicies": [{"name": "a", "policy": _iam("s3:GetObject", "arn:x")}]}),
        "inlinePolicies.0.policy",
        _iam("*", "*"),
        "Role it: allows *: name the actions",
    ),
    Example(
        "no-administrators",
        one(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            {"policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
        ),
        "policyArn",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "RolePolicyAttachment it: has AdministratorAccess, which allows far too much: write a policy of what it needs",
    ),
    Example(
        "no-administrators",
        one(_ROLE, {"managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]}),
        "managedPolicyArns.0",
        "arn:aws:iam::aws:policy/AmazonS3FullAccess",
        "Role it: has AmazonS3FullAccess, which allows far too much: write a policy of what it needs",
    ),
    Example(
        "trust-policies",
        _EC2,
        "assumeRolePolicy",
        _trust({"AWS": "*"}),
        "Role it: everybody may take it on: name who may",
    ),
    Example(
        "trust-policies",
        _EC2,
        "assumeRolePolicy",
        _document(Action="sts:AssumeRole", NotPrincipal=_OTHER),
        "Role it: everybody but a few may take it on: name who may",
    ),
    Example(
        "trust-policies",
        one(_ROLE, {"assumeRolePolicy": _trust(_PODS, **_ONE_ACCOUNT)}),
        "assumeRolePolicy",
        _trust(_PODS, **{**_ONE_ACCOUNT, "aws:RequestTag/kubernetes-namespace": "*"}),
        "Role it: pods take it on whatever their kubernetes-namespace: demand each with StringEquals on aws:RequestTag",
    ),
    Example(
        "trust-policies",
        one(_ROLE, {"assumeRolePolicy": _trust(_TOKENS, **_ONE_TOKEN)}),
        "assumeRolePolicy",
        _document(
            Action="sts:AssumeRoleWithWebIdentity",
            Principal=_TOKENS,
            Condition={"StringLike": {f"{_ISSUER}:sub": "system:serviceaccount:n:*"}},
        ),
        "Role it: tokens of ABC take it on whatever their sub and aud: demand each with StringEquals",
    ),
    Example(
        "trust-policies",
        one(_ROLE, {"assumeRolePolicy": _trust(_OTHER, **{"sts:ExternalId": "x"})}),
        "assumeRolePolicy",
        _trust(_OTHER, **{"aws:PrincipalTag/team": "x"}),
        "Role it: account 444455556666 may take it on without an external id: demand sts:ExternalId with StringEquals",
        _OURS,
    ),
]
