"""Buckets, as the engine would get them."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.testing import Graph
from tests.infra.stacks import document, whole

BUCKET = "app-data-bucket"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return whole()


def setting(graph: Graph, kind: str) -> dict[str, Any]:
    return graph.one(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", BUCKET).inputs


def test_the_name_is_plain_and_unique_in_the_world(graph: Graph) -> None:
    assert setting(graph, "Bucket")["bucket"] == "groundwork-dev-data-111122223333"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_no_bucket_is_ever_emptied_by_the_engine(environment: str) -> None:
    assert [r.name for r in whole(environment).of("aws:s3/bucket:Bucket") if r.inputs.get("forceDestroy")] == []


def test_nothing_can_make_it_public(graph: Graph) -> None:
    block = setting(graph, "BucketPublicAccessBlock")
    assert {key for key, value in block.items() if value is True} == {
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    }
    assert setting(graph, "BucketOwnershipControls")["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_objects_are_encrypted_with_the_stores_own_key(graph: Graph) -> None:
    rules = setting(graph, "BucketServerSideEncryptionConfiguration")["rules"]
    assert rules == [
        {
            "applyServerSideEncryptionByDefault": {
                "sseAlgorithm": "aws:kms",
                "kmsMasterKeyId": "arn:aws:kms:eu-west-1:111122223333:s3-key",
            },
            "bucketKeyEnabled": True,
        }
    ]


def test_only_tls_is_answered(graph: Graph) -> None:
    (statement,) = document(str(setting(graph, "BucketPolicy")["policy"]))
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    name = "arn:aws:s3:::groundwork-dev-data-111122223333"
    assert statement["Resource"] == [name, f"{name}/*"]


@pytest.mark.parametrize(("environment", "days"), [("dev", 3), ("prod", 30)])
def test_what_was_deleted_can_be_had_back_for_a_while(environment: str, days: int) -> None:
    graph = whole(environment)
    assert setting(graph, "BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}
    unfinished, old = setting(graph, "BucketLifecycleConfiguration")["rules"]
    assert unfinished["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert old["noncurrentVersionExpiration"] == {"noncurrentDays": days}


def test_a_user_of_the_bucket_may_do_what_reading_and_writing_needs_and_no_more(graph: Graph) -> None:
    statements = document(graph.one("aws:iam/rolePolicy:RolePolicy", "app-worker-bucket-data").inputs["policy"])
    arn = f"arn:aws:s3:eu-west-1:111122223333:{BUCKET}"
    assert statements == [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": [arn],
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": [f"{arn}/*"],
        },
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": ["arn:aws:kms:eu-west-1:111122223333:s3-key"],
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
        },
    ]


def test_changes_of_a_buckets_access_come_one_after_the_other(graph: Graph) -> None:
    """S3 answers OperationAborted to two at the same moment."""
    kinds = ("PublicAccessBlock", "OwnershipControls", "Policy")
    block, owned, policy = (graph.one(f"aws:s3/bucket{k}:Bucket{k}", BUCKET) for k in kinds)
    assert block.urn in graph.before(owned)
    assert owned.urn in graph.before(policy)
