"""Names that are known before anything exists, so that plans, policies and charts can be plain data."""

from __future__ import annotations

import hashlib
import re

_DNS = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def join(*parts: str, limit: int = 63) -> str:
    """Join `parts` with hyphens; a result longer than `limit` is cut and ends in a hash of the whole.

    The hash keeps two long names apart that share their beginning. 63 is the limit of a DNS label
    (RFC 1123), which most Kubernetes names and S3 buckets obey.
    """
    name = "-".join(part for part in parts if part)
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: limit - 7].rstrip('-')}-{digest}"


def is_label(name: str, limit: int = 63) -> bool:
    """Tell whether `name` is a DNS label that starts with a letter: lower case, digits, inner hyphens."""
    return len(name) <= limit and _DNS.fullmatch(name) is not None
