"""A destroy in the sandbox deletes everything, whatever production would keep."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.engine.state import lift


def test_what_is_protected_goes_and_buckets_go_with_what_is_in_them() -> None:
    """S3 delivers access logs to a bucket of production by itself, and a bucket that is not empty stays."""
    bucket: dict[str, Any] = {"type": "aws:s3/bucket:Bucket", "protect": True, "outputs": {"bucket": "logs"}}
    database: dict[str, Any] = {"type": "aws:rds/instance:Instance", "protect": True, "retainOnDelete": True}
    lift({"resources": [bucket, database]})
    assert bucket == {
        "type": "aws:s3/bucket:Bucket",
        "inputs": {"forceDestroy": True},
        "outputs": {"bucket": "logs", "forceDestroy": True},
    }
    assert database == {"type": "aws:rds/instance:Instance"}
    lift({})
