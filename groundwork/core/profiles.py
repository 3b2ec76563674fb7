"""What environments choose differently: the one table.

A component never asks for the environment's name. It says which entry of the profile gives a default
(`ByProfile`), and `groundwork explain` shows what that makes of each environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Size = Literal["small", "medium", "large"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The defaults of one environment.

    Attributes:
        replicas: copies of a service that answers requests.
        zones: availability zones to spread over.
        highly_available: second copies of what must not stop: databases, NAT gateways, controllers.
        protect: nothing stateful can be replaced or deleted by the engine.
        size: of databases, volumes and system nodes.
        log_retention_days: how long logs are kept.
        backup_retention_days: how long backups are kept.
    """

    replicas: int
    zones: int
    highly_available: bool
    protect: bool
    size: Size
    log_retention_days: int
    backup_retention_days: int


PROFILES: dict[str, Profile] = {
    "local": Profile(
        replicas=1,
        zones=1,
        highly_available=False,
        protect=False,
        size="small",
        log_retention_days=3,
        backup_retention_days=1,
    ),
    "dev": Profile(
        replicas=1,
        zones=2,
        highly_available=False,
        protect=False,
        size="small",
        log_retention_days=14,
        backup_retention_days=3,
    ),
    "staging": Profile(
        replicas=2,
        zones=3,
        highly_available=True,
        protect=True,
        size="medium",
        log_retention_days=30,
        backup_retention_days=7,
    ),
    "prod": Profile(
        replicas=3,
        zones=3,
        highly_available=True,
        protect=True,
        size="large",
        log_retention_days=90,
        backup_retention_days=30,
    ),
}
