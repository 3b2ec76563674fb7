"""Argo Workflows' values."""

from __future__ import annotations

from typing import Any

from addons import _argo_values as argo
from addons.argo_workflows import ArgoWorkflowsConfig

from groundwork.core.contracts import Bucket
from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "argo-workflows-1.0.18": {
        *(f"{part}.pdb.maxUnavailable" for part in ("controller", "server")),
        *(f"{part}.podAnnotations" for part in ("controller", "server")),
    }
}


def facts(profile: Profile, *, credentials: bool, sso: bool, instance_id: str = "argo-workflows") -> argo.Facts:
    """Return what the values are made of."""
    config = ArgoWorkflowsConfig.load({}, profile)
    return argo.Facts(
        release="argo-workflows",
        namespace="argo-workflows",
        copies=config.replicas,
        instance_id=instance_id,
        database_secret="argo-workflows-database",  # noqa: S106 - the name of a Secret
        archive_days=config.archive_days,
        store=Bucket(
            name="runs",
            endpoint="http://store:9000" if credentials else None,
            region="eu-west-1",
            credentials="argo-workflows-keys" if credentials else None,
        ),
        sso=argo.SingleSignOn("https://login.example", "argo-client", "https://argo.example") if sso else None,
    )


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {
        "argo-workflows-1.0.18": [
            argo.values(facts(profile, credentials=True, sso=False), "digest"),
            argo.values(facts(profile, credentials=False, sso=True), "digest"),
            argo.values(facts(profile, credentials=False, sso=True, instance_id=""), "digest"),
        ]
    }
