"""Names of buckets are looked up before a create is refused: in moto, as S3 answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from infra._bucket_names import taken

REGION = "eu-west-1"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", REGION, aws_access_key_id="test", aws_secret_access_key="test")  # noqa: S106
        client.create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield client


def test_a_free_name_and_one_in_the_state_are_no_problem(s3: Any) -> None:
    assert taken(s3, ["free", "there"], ours=["there"]) == []


def test_a_bucket_that_no_stack_knows_is_told(s3: Any) -> None:
    assert taken(s3, ["there", "free"]) == [
        "bucket there: it is there already, and no stack knows it; import it, or delete it once nothing in it is needed"
    ]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (
            403,
            "bucket a: another account has a bucket of this name, or these credentials may not see it; choose another "
            "project or environment name, or ask who owns it",
        ),
        (
            301,
            "bucket a: it is there already, in another region; import it, or delete it once nothing in it is needed",
        ),
    ],
)
def test_another_accounts_bucket_and_another_regions_are_told(s3: Any, status: int, message: str) -> None:
    """moto has neither answer: as S3 documents them for HeadBucket."""
    with Stubber(s3) as stub:
        stub.add_client_error("head_bucket", str(status), http_status_code=status)
        assert taken(s3, ["a"]) == [message]


def test_what_says_nothing_of_the_name_is_not_hidden(s3: Any) -> None:
    with Stubber(s3) as stub:
        stub.add_client_error("head_bucket", "ExpiredToken", http_status_code=400)
        with pytest.raises(ClientError):
            taken(s3, ["a"])
