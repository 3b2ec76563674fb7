"""Which stores AWS would not delete, asked of an emulated account."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from groundwork.core.project import load_project
from groundwork.real.contents import Held, filled
from groundwork.real.errors import RealError
from tests.real.conftest import project

REGION = "eu-west-1"
PLACE = {"LocationConstraint": "eu-west-1"}
MANIFEST = """{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}"""


def bucket(name: str, **inputs: object) -> Held:
    return Held("aws:s3/bucket:Bucket", f"{name}-bucket", {"bucket": name, **inputs})


def asked(root: Path, *stores: Held) -> list[str]:
    return filled("lab", load_project(project(root)).environment("lab"), stores)


@pytest.mark.usefixtures("cloud")
def test_each_store_with_something_in_it_is_told_and_no_other(tmp_path: Path) -> None:
    s3, ecr = boto3.client("s3", region_name=REGION), boto3.client("ecr", region_name=REGION)
    for name in ("full", "bare", "lab-logs", "past"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=PLACE)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for name in ("full", "lab-logs", "past"):
        s3.put_object(Bucket=name, Key="model", Body=b"1")
    # What was deleted is still there, as a version of old.
    s3.delete_object(Bucket="past", Key="model")
    for name in ("images", "none"):
        ecr.create_repository(repositoryName=name)
    ecr.put_image(repositoryName="images", imageManifest=MANIFEST, imageTag="1")
    repositories = [Held("aws:ecr/repository:Repository", name, {"name": name}) for name in ("images", "none", "gone")]
    buckets = [bucket("full"), bucket("bare"), bucket("past"), bucket("gone"), bucket("lab-logs", forceDestroy=True)]
    assert asked(tmp_path, *buckets, *repositories, Held("aws:ec2/vpc:Vpc", "vpc", {})) == [
        "Bucket full-bucket: full has objects, or old versions of some",
        "Bucket past-bucket: past has objects, or old versions of some",
        "Repository images: images has images",
    ]


def test_where_there_is_no_store_nobody_is_asked(tmp_path: Path) -> None:
    assert asked(tmp_path, Held("aws:ec2/vpc:Vpc", "vpc", {}), bucket("lab-logs", forceDestroy=True)) == []


@pytest.mark.usefixtures("cloud")
def test_credentials_of_another_account_are_told(tmp_path: Path) -> None:
    root = project(tmp_path, account="999999999999")
    with pytest.raises(RealError, match="the stack files say 999999999999"):
        filled("lab", load_project(root).environment("lab"), [bucket("any")])
