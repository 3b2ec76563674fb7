"""Lifting the protection that AWS itself gives a resource, in the emulated API only."""

from __future__ import annotations

from groundwork.sandbox.standins.aws.clients import Clients, Identity


def lift_deletion_protection(moto_url: str, region: str) -> int:
    """Let every database be deleted; return how many were protected. A cluster's protection moto does not know."""
    rds = Clients(moto_url).get("rds", region, Identity())
    protected = [
        instance["DBInstanceIdentifier"]
        for instance in rds.describe_db_instances()["DBInstances"]
        if instance.get("DeletionProtection")
    ]
    for identifier in protected:
        rds.modify_db_instance(DBInstanceIdentifier=identifier, DeletionProtection=False, ApplyImmediately=True)
    return len(protected)
