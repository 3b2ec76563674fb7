"""Where the real provider is not asked, or may answer otherwise, and why."""

from __future__ import annotations

NOT_APPLIED = {
    "addon": "moto has no such operation",
    "group_tag": "moto makes no Auto Scaling group for a node group",
    "access": "moto has no such operation",
    "access_policy": "moto has no such operation",
    "pod_identity": "moto has no such operation",
    "cache_rule": "moto has no such operation",
    "cache_parameters": "moto has no such operation",
    "cache_subnets": "moto cannot delete it",
    "placement": "moto has no such operation",
    "file_policy": "moto cannot delete it",
    "file_backup": "moto has no such operation",
    "lustre_link": "moto has no such operation",
    "cache_template": "moto has no such operation",
    "rotation": "moto wants the Lambda function",
    "lustre": "5.100 waits minutes for a state that moto shows at once, in its own time",
    "redis": "moto keeps a deleted group as deleting for ever, for which 5.100 waits",
    "db": "5.100 polls every half minute",
    "cluster": "5.100 polls every half minute",
    "nodes": "needs the cluster",
    "fargate": "needs the cluster",
    "nat": "5.100 waits for an address association that moto does not show",
    "route": "needs the NAT gateway",
    "budget": "5.100 reads tags, which moto lacks for budgets",
    "certificate": "5.100 waits for validation records in its own time",
    "issued": "needs the certificate",
    "bucket_logging": "needs a pause for the policy in 5.100",
    "secret_version": "write-only inputs differ between 5.100 and 7.x; the plain one is covered by the secret",
    "versioning": "5.100 waits a minute for a version status to be stable",
    "lifecycle": "5.100 waits a minute for the rules to be stable",
}
"""Case to reason: valid for the real provider, but not made by it in the test."""

DIFFERENCES = {
    ("subnet", "ipv6CidrBlock"): "6.x replaces when assignIpv6AddressOnCreation is set; 5.100 updates",
    ("endpoint_if", "privateDnsEnabled"): "6.28 and before replaced; 7.x updates for Interface",
}
"""(case, property) to reason: 7.51 follows the 6.x provider, the oracle is 5.100."""

NEWER = {
    ("aws:eks/cluster:Cluster", "deletionProtection"): "since 6.9",
}
"""(type, input) to reason: what our provider has and 5.100 has not, so that it is not asked about it."""
