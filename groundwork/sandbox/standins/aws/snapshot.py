"""Everything that exists in the emulated API, by list calls: to show that a `down` leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jmespath

from groundwork.sandbox.standins.aws.clients import Clients, Identity
from groundwork.sandbox.standins.aws.naming import plain

_EC2 = {
    "addresses": ("describe_addresses", "Addresses[].AllocationId"),
    "flow logs": ("describe_flow_logs", "FlowLogs[].FlowLogId"),
    "instances": ("describe_instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId"),
    "internet gateways": ("describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    "launch templates": ("describe_launch_templates", "LaunchTemplates[].LaunchTemplateId"),
    "nat gateways": ("describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId"),
    "network interfaces": ("describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId"),
    "route tables": ("describe_route_tables", "RouteTables[].RouteTableId"),
    "security groups": ("describe_security_groups", "SecurityGroups[].GroupId"),
    "subnets": ("describe_subnets", "Subnets[].SubnetId"),
    "vpc endpoints": ("describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId"),
    "vpcs": ("describe_vpcs", "Vpcs[].VpcId"),
}
_REGIONAL: dict[str, dict[str, tuple[str, str]]] = {
    "acm": {"certificates": ("list_certificates", "CertificateSummaryList[].CertificateArn")},
    "autoscaling": {"groups": ("describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName")},
    "cloudwatch": {"alarms": ("describe_alarms", "MetricAlarms[].AlarmName")},
    "ec2": _EC2,
    "ecr": {"repositories": ("describe_repositories", "repositories[].repositoryName")},
    "efs": {
        "access points": ("describe_access_points", "AccessPoints[].AccessPointId"),
        "file systems": ("describe_file_systems", "FileSystems[].FileSystemId"),
    },
    "eks": {"clusters": ("list_clusters", "clusters")},
    "elasticache": {
        "replication groups": (
            "describe_replication_groups",
            "ReplicationGroups[?Status!='deleting'].ReplicationGroupId",
        ),
        "subnet groups": ("describe_cache_subnet_groups", "CacheSubnetGroups[].CacheSubnetGroupName"),
    },
    "elbv2": {"load balancers": ("describe_load_balancers", "LoadBalancers[].LoadBalancerArn")},
    "events": {"rules": ("list_rules", "Rules[].Name")},
    "fsx": {"file systems": ("describe_file_systems", "FileSystems[].FileSystemId")},
    "kms": {"aliases": ("list_aliases", "Aliases[].AliasName"), "keys": ("list_keys", "Keys[].KeyId")},
    "logs": {"groups": ("describe_log_groups", "logGroups[].logGroupName")},
    "rds": {
        "instances": ("describe_db_instances", "DBInstances[].DBInstanceIdentifier"),
        "parameter groups": ("describe_db_parameter_groups", "DBParameterGroups[].DBParameterGroupName"),
        "snapshots": ("describe_db_snapshots", "DBSnapshots[].DBSnapshotIdentifier"),
        "subnet groups": ("describe_db_subnet_groups", "DBSubnetGroups[].DBSubnetGroupName"),
    },
    "secretsmanager": {"secrets": ("list_secrets", "SecretList[].Name")},
    "sns": {
        "subscriptions": ("list_subscriptions", "Subscriptions[].SubscriptionArn"),
        "topics": ("list_topics", "Topics[].TopicArn"),
    },
    "sqs": {"queues": ("list_queues", "QueueUrls")},
    "ssm": {"parameters": ("describe_parameters", "Parameters[].Name")},
}
_GLOBAL: dict[str, dict[str, tuple[str, str]]] = {
    "iam": {
        "instance profiles": ("list_instance_profiles", "InstanceProfiles[].InstanceProfileName"),
        "oidc providers": ("list_open_id_connect_providers", "OpenIDConnectProviderList[].Arn"),
        "policies": ("list_policies", "Policies[].Arn"),
        "roles": ("list_roles", "Roles[].RoleName"),
    },
    "route53": {"zones": ("list_hosted_zones", "HostedZones[].Id")},
    "s3": {"buckets": ("list_buckets", "Buckets[].Name")},
}


def snapshot(moto_url: str, regions: Iterable[str], account_id: str = "") -> dict[str, list[str]]:
    """Return the names of everything, by `<region or global>/<service>/<what>`; empty lists are left out.

    A KMS key is listed as `<id> (PendingDeletion)` where it is: AWS does not delete a key at once. Budgets are listed
    for `account_id`.
    """
    clients = Clients(moto_url)
    found: dict[str, list[str]] = {}
    chosen = sorted(set(regions))
    for place, table in [("global", _GLOBAL), *((region, _REGIONAL) for region in chosen)]:
        region = chosen[0] if place == "global" else place
        for service, listings in table.items():
            client = clients.get(service, region, Identity())
            for what, (operation, path) in listings.items():
                more = {"Scope": "Local"} if operation == "list_policies" else {}
                names = jmespath.search(path, _pages(client, operation, more)) or []
                if what == "keys":
                    names = [_key(client, name) for name in names]
                found[f"{place}/{service}/{what}"] = sorted(str(name) for name in names)
    if account_id:
        budgets = clients.get("budgets", chosen[0], Identity()).describe_budgets(AccountId=account_id)
        found["global/budgets/budgets"] = sorted(b["BudgetName"] for b in budgets.get("Budgets") or [])
    return {place: names for place, names in found.items() if names}


def _pages(client: Any, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if client.can_paginate(operation):
        whole: dict[str, Any] = client.get_paginator(operation).paginate(**arguments).build_full_result()
        return dict(plain(whole))
    return dict(plain(getattr(client, operation)(**arguments)))


def _key(client: Any, name: str) -> str:
    state = client.describe_key(KeyId=name)["KeyMetadata"]["KeyState"]
    return f"{name} ({state})" if state == "PendingDeletion" else name
