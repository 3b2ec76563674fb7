"""Names in the domain name system, with messages that show one."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html: at most 32 letters and digits.
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")


def domain(value: str) -> str:
    """Return `value`, a domain with at least two labels.

    Raises:
        ValueError: where it is none.
    """
    if not _DOMAIN.fullmatch(value):
        raise ValueError(f"{value!r} is no domain; an example is ml.example.com")
    return value


Domain = Annotated[str, AfterValidator(domain)]
"""A domain with at least two labels."""


def hosted_zone(value: str) -> str:
    """Return `value`, the id of a hosted zone in Route 53.

    Raises:
        ValueError: where it is none.
    """
    if not _ZONE.fullmatch(value):
        raise ValueError(f"{value!r} is no id of a hosted zone; an example is Z0123456789ABCDEFGHIJ")
    return value


Zones = dict[Domain, Annotated[str, AfterValidator(hosted_zone)]]
"""Domain -> id of its hosted zone."""
