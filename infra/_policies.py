"""IAM policy documents as plain data, as far as they are plain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from groundwork.core.contracts import Statement

_VERSION = "2012-10-17"

AUDIENCE = "sts.amazonaws.com"
"""For whom the tokens are by which pods come to AWS (IRSA)."""


def service_suffix(partition: str) -> str:
    """Return what the names of AWS' services end in, in a partition."""
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"


def trust(service: str, *, conditions: Mapping[str, Any] | None = None) -> str:
    """Return the document that lets an AWS service take on a role.

    Args:
        conditions: as in a policy document: operator -> key -> values.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if conditions:
        statement["Condition"] = dict(conditions)
    return json.dumps({"Version": _VERSION, "Statement": [statement]})


def pod_trust(*, cluster: str, account_id: str, namespace: str, service_account: str) -> str:
    """Return the document that lets only the pods of one service account of one cluster take on a role.

    EKS tags the sessions that it opens for pods:
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": account_id,
                "aws:RequestTag/eks-cluster-name": cluster,
                "aws:RequestTag/kubernetes-namespace": namespace,
                "aws:RequestTag/kubernetes-service-account": service_account,
            }
        },
    }
    return json.dumps({"Version": _VERSION, "Statement": [statement]})


def web_trust(*, account_id: str, partition: str, issuer: str, namespace: str, service_account: str) -> str:
    """Return the document that lets only the pods of one service account of one cluster take on a role, by IRSA.

    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html

    Args:
        issuer: of the cluster's tokens, without `https://`.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:{partition}:iam::{account_id}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:aud": AUDIENCE,
                f"{issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}",
            }
        },
    }
    return json.dumps({"Version": _VERSION, "Statement": [statement]})


def either(*documents: str) -> str:
    """Return the document that says what any of these does."""
    statements = [statement for document in documents for statement in json.loads(document)["Statement"]]
    return json.dumps({"Version": _VERSION, "Statement": statements})


def allow(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Return the document that allows what `statements` say; their resources may be Outputs."""
    resources = [pulumi.Output.all(*statement.resources) for statement in statements]
    return pulumi.Output.all(*resources).apply(lambda known: _document(zip(statements, known, strict=True)))


def _document(pairs: Iterable[tuple[Statement, Sequence[str]]]) -> str:
    statements = []
    for statement, resources in pairs:
        allowed: dict[str, Any] = {
            "Effect": "Allow",
            "Action": list(statement.actions),
            "Resource": list(resources),
        }
        if statement.conditions:
            allowed["Condition"] = statement.conditions
        statements.append(allowed)
    return json.dumps({"Version": _VERSION, "Statement": statements})
