"""The bucket with the state of real stacks is made once, safe, and mended where it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from groundwork.core.errors import StackError
from groundwork.real.errors import RealError
from groundwork.real.state import bootstrap
from tests.real.conftest import ACCOUNT, STACK, project

BUCKET = f"groundwork-state-{ACCOUNT}-eu-west-1"
PARTS = [
    "key",
    "rotation of the key",
    "bucket",
    "closed to the public",
    "encryption",
    "versions",
    "TLS only, and no deletion",
    "old versions for 90 days",
]


def s3(region: str = "eu-west-1") -> Any:
    return boto3.client("s3", region_name=region)


@pytest.mark.usefixtures("cloud")
def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    root = project(tmp_path)
    first = bootstrap(root, "lab")
    assert first.done == dict.fromkeys(PARTS, "made")
    assert first.login == f"s3://{BUCKET}?region=eu-west-1&awssdk=v2"
    assert first.secrets_provider == "awskms://alias/groundwork-state?region=eu-west-1"
    assert set(bootstrap(root, "lab").done.values()) == {"kept"}


@pytest.mark.usefixtures("cloud")
def test_the_bucket_is_closed_encrypted_versioned_and_stays(tmp_path: Path) -> None:
    bootstrap(project(tmp_path), "lab")
    assert set(s3().get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3().get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    key = boto3.client("kms", region_name="eu-west-1").describe_key(KeyId="alias/groundwork-state")["KeyMetadata"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}
    assert s3().get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert s3().get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == "eu-west-1"


@pytest.mark.usefixtures("cloud")
def test_what_somebody_changed_is_mended(tmp_path: Path) -> None:
    root = project(tmp_path)
    bootstrap(root, "lab")
    s3().put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3().delete_public_access_block(Bucket=BUCKET)
    done = bootstrap(root, "lab").done
    assert {part for part, what in done.items() if what == "mended"} == {"closed to the public", "versions"}


@pytest.mark.usefixtures("cloud")
def test_a_key_that_is_about_to_go_is_told_and_not_replaced(tmp_path: Path) -> None:
    """A new one would not decrypt what the old one has encrypted."""
    root = project(tmp_path)
    bootstrap(root, "lab")
    kms = boto3.client("kms", region_name="eu-west-1")
    kms.schedule_key_deletion(KeyId=kms.describe_key(KeyId="alias/groundwork-state")["KeyMetadata"]["KeyId"])
    with pytest.raises(RealError, match="The key alias/groundwork-state is PendingDeletion"):
        bootstrap(root, "lab")


@pytest.mark.usefixtures("cloud")
def test_in_the_first_region_no_location_is_named(tmp_path: Path) -> None:
    """The API refuses it there, and only there."""
    store = bootstrap(project(tmp_path, region="us-east-1"), "lab")
    assert s3("us-east-1").head_bucket(Bucket=store.bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.usefixtures("cloud")
def test_another_account_is_not_touched(tmp_path: Path) -> None:
    with pytest.raises(RealError) as error:
        bootstrap(project(tmp_path, account="999999999999"), "lab")
    assert str(error.value) == (
        f"Your credentials are of the account {ACCOUNT}, and the stack files say 999999999999: choose others, such as "
        "with AWS_PROFILE. Nothing was changed."
    )
    assert s3().list_buckets()["Buckets"] == []


PROFILES = """\
[profile one]
region = eu-west-1
[profile two]
sso_session = company
sso_account_id = 111122223333
sso_role_name = engineer
[sso-session company]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
"""


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        (
            {},
            "There are no AWS credentials: log in with `aws sso login`, or name a profile with AWS_PROFILE; there are: "
            "one, two. Nothing was changed.",
        ),
        (
            {"AWS_PROFILE": "tow"},
            "The config profile (tow) could not be found: AWS_PROFILE names it; there are: one, two. Nothing was "
            "changed.",
        ),
        (
            {"AWS_PROFILE": "two"},
            "AWS does not take your credentials: Error loading SSO Token: Token for company does not exist. Log in "
            "again, such as with `aws sso login`; `aws sts get-caller-identity` shows who you are. Nothing was "
            "changed.",
        ),
        (
            {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            'AWS is not reached from here: Could not connect to the endpoint URL: "http://127.0.0.1:9/". Nothing was '
            "changed.",
        ),
    ],
)
def test_who_cannot_be_somebody_at_aws_is_told_what_to_do(
    environ: dict[str, str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of these is a defect of ours, and each is mended in another way."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RealError) as error:
        bootstrap(project(tmp_path), "lab")
    assert str(error.value) == told


def test_an_environment_that_is_not_in_aws_has_no_state_there(tmp_path: Path) -> None:
    root = project(tmp_path)
    text = STACK.format(account="x", region="y")
    kept = [line for line in text.splitlines() if not line.strip().startswith("aws:")]
    (root / "stacks" / "Pulumi.lab.yaml").write_text("\n".join(kept) + "\n")
    with pytest.raises(StackError, match="lab has nothing in AWS: its stack files name no region and no account"):
        bootstrap(root, "lab")
