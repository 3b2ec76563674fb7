"""The values of the External Secrets Operator and of external-dns."""

from __future__ import annotations

from typing import Any

from addons import external_dns, external_secrets

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "external-dns-1.21.1": {"extraArgs", "resources", "env"},
    "external-secrets-2.9.0": {"resources", "webhook.resources", "certController.resources"},
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them: secrets in AWS and in the cluster, names with and without a mesh."""
    secrets = external_secrets.ExternalSecretsConfig.load({}, profile)
    names = external_dns.ExternalDnsConfig.load({"zones": {"example.com": "Z0123456789ABC"}}, profile)
    sources = (["service"], ["service", "istio-gateway"])
    return {
        "external-dns-1.21.1": [
            external_dns.values(names, owner="groundwork-test", region="eu-west-1", sources=each) for each in sources
        ],
        "external-secrets-2.9.0": [
            external_secrets.values(secrets, keeper="aws"),
            external_secrets.values(secrets, keeper="kubernetes"),
        ],
    }
