"""Whether names of buckets are still to be had: they are unique in all accounts, and a create finds out too late."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from botocore.exceptions import ClientError

_FREE, _MOVED, _FORBIDDEN = 404, 301, 403


class Buckets(Protocol):
    """What is asked of a boto3 client of S3."""

    def head_bucket(self, *, Bucket: str) -> Any:  # noqa: N803 - boto3's own name
        """Return what S3 says of a bucket."""


def taken(s3: Buckets, names: Iterable[str], *, ours: Collection[str] = ()) -> list[str]:
    """Return a sentence for each name that a create would be refused.

    Args:
        s3: a client of the account and region that the buckets are to be in; it needs `s3:ListBucket` on them alone.
        names: of the buckets that a stack wants.
        ours: those that the stack's state has already.

    Raises:
        ClientError: where S3 answers with anything but the name's state, such as that the credentials have expired.
    """
    problems = []
    for name in sorted(set(names) - set(ours)):
        try:
            s3.head_bucket(Bucket=name)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == _FREE:
                continue
            if status == _FORBIDDEN:
                problems.append(
                    f"bucket {name}: another account has a bucket of this name, or these credentials may not see it; "
                    "choose another project or environment name, or ask who owns it"
                )
            elif status == _MOVED:
                problems.append(_ours(name, "in another region"))
            else:
                raise
        else:
            problems.append(_ours(name, "and no stack knows it"))
    return problems


def _ours(name: str, where: str) -> str:
    return f"bucket {name}: it is there already, {where}; import it, or delete it once nothing in it is needed"
