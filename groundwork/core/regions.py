"""The AWS regions, as the pinned SDK lists them."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def regions() -> tuple[str, ...]:
    """Return the regions of all partitions, read from botocore's `partitions.json` without importing botocore."""
    spec = find_spec("botocore")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise ModuleNotFoundError("botocore is not installed: run `make tools`")
    listed = json.loads((Path(folders[0]) / "data" / "partitions.json").read_text(encoding="utf-8"))
    found = {region for partition in listed["partitions"] for region in partition["regions"]}
    return tuple(sorted(region for region in found if not region.endswith("-global")))


def partition_of(region: str) -> str:
    """Return what ARNs of a region begin with after `arn:`."""
    for prefix, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(prefix):
            return partition
    return "aws"
