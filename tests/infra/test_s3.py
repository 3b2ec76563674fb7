"""Buckets, as the engine would get them."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.infra.stacks import build, document, whole

BUCKET = "app-data-bucket"
LOGS = "s3-access-logs"
ARN = "arn:aws:s3:::groundwork-dev-data-111122223333"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return whole()


def setting(graph: Graph, kind: str, bucket: str = BUCKET) -> dict[str, Any]:
    return graph.one(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", bucket).inputs


def store(environment: str = "dev", **s3: Any) -> Graph:
    return build(environment, network={}, eks={}, s3=s3, app={})


def test_the_name_is_plain_and_unique_in_the_world(graph: Graph) -> None:
    assert setting(graph, "Bucket")["bucket"] == "groundwork-dev-data-111122223333"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_no_bucket_of_data_is_ever_emptied_by_the_engine(environment: str) -> None:
    emptied = [r.name for r in whole(environment).of("aws:s3/bucket:Bucket") if r.inputs.get("forceDestroy")]
    assert emptied == ([LOGS] if environment == "dev" else []), "logs are no data, where nothing is protected"


def test_a_bucket_that_s3_refuses_to_delete_keeps_its_key_and_its_settings() -> None:
    """It has objects: without the key nobody could read them, and without the rest they would be less than private."""
    graph = whole()
    for name in (BUCKET, LOGS):
        bucket = graph.one("aws:s3/bucket:Bucket", name)
        settings = [r for r in graph.resources if r.name == name and r.type.startswith("aws:s3/") and r != bucket]
        assert len(settings) >= 6
        assert {r.deleted_with for r in settings} == {bucket.urn}
    assert graph.one("aws:kms/key:Key", "s3-key").urn in graph.before(graph.one("aws:s3/bucket:Bucket", BUCKET))


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
    statement = document(str(setting(graph, "BucketPolicy")["policy"]))[0]
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


def test_objects_under_another_key_are_refused(graph: Graph) -> None:
    """A missing header is the bucket's own key; `aws:kms` without a key would be the account's default one."""
    _, key, writers = document(str(setting(graph, "BucketPolicy")["policy"]))
    assert {key["Action"], writers["Action"]} == {"s3:PutObject"}
    assert {key["Resource"], writers["Resource"]} == {f"{ARN}/*"}
    assert key["Condition"] == {
        "Null": {"s3:x-amz-server-side-encryption": "false"},
        "StringNotEquals": {
            "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:111122223333:s3-key"
        },
    }
    assert writers["Condition"] == {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}


def test_access_is_logged_to_a_bucket_that_takes_only_this_accounts_logs(graph: Graph) -> None:
    logging = setting(graph, "BucketLogging")
    assert logging["targetBucket"] == f"{LOGS}-id"
    policy = graph.one("aws:s3/bucketPolicy:BucketPolicy", LOGS)
    assert policy.urn in graph.before(graph.one("aws:s3/bucketLogging:BucketLogging", BUCKET)), "or S3 refuses it"
    delivery, tls = document(str(policy.inputs["policy"]))
    assert tls["Sid"] == "OnlyTls"
    assert delivery["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert delivery["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111122223333"},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::groundwork-dev-*"},
    }


def test_the_bucket_of_logs_is_private_takes_logs_and_does_not_log_itself(graph: Graph) -> None:
    assert all(setting(graph, "BucketPublicAccessBlock", LOGS)[key] for key in ("blockPublicAcls", "blockPublicPolicy"))
    (rule,) = setting(graph, "BucketServerSideEncryptionConfiguration", LOGS)["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}, "S3 delivers under no key of KMS"
    assert LOGS not in {r.name for r in graph.of("aws:s3/bucketLogging:BucketLogging")}
    assert setting(graph, "BucketLifecycleConfiguration", LOGS)["rules"][-1]["expiration"] == {"days": 14}
    assert not store(accessLogs=False).of("aws:s3/bucketLogging:BucketLogging")
    assert {r.name for r in store(accessLogs=False).of("aws:s3/bucket:Bucket")} == {BUCKET, "app-more-bucket"}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"tiering": "intelligent"}, {"days": 0, "storageClass": "INTELLIGENT_TIERING"}),
        ({"tiering": "infrequent", "tieringDays": 60}, {"days": 60, "storageClass": "STANDARD_IA"}),
    ],
)
def test_objects_move_to_a_cheaper_class_where_that_is_chosen(config: dict[str, Any], expected: dict[str, Any]) -> None:
    rule = setting(store(**config), "BucketLifecycleConfiguration")["rules"][2]
    assert rule["transitions"] == [expected]


def test_backups_can_be_locked(graph: Graph) -> None:
    assert not graph.of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    locked = store(lockDays=35, lockMode="compliance")
    assert setting(locked, "Bucket")["objectLockEnabled"] is True
    rule = setting(locked, "BucketObjectLockConfiguration")["rule"]
    assert rule == {"defaultRetention": {"mode": "COMPLIANCE", "days": 35}}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"tieringDays": 10},
            "s3: tieringDays is 10, and tiering none: choose intelligent or infrequent",
        ),
        (
            {"tiering": "infrequent", "tieringDays": 10},
            "s3: tieringDays is 10: objects must be at least 30 days old for infrequent",
        ),
        ({"lockMode": "compliance"}, "s3: lockMode is compliance, and lockDays is left out: say how many days"),
    ],
)
def test_what_s3_would_refuse_is_told(config: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as error:
        store(**config)
    assert message in str(error.value)
