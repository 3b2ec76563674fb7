"""Objects that break no rule, for examples to change."""

from __future__ import annotations

from typing import Any

from groundwork.policy.example import one

CONTAINER: dict[str, Any] = {
    "name": "main",
    "image": "example.com/app:1.2",
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
POD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [CONTAINER],
}
DEPLOYMENT = one(
    "kubernetes:apps/v1:Deployment",
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app", "namespace": "ns", "labels": {"app": "app"}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "app"}},
            "template": {"metadata": {"labels": {"app": "app"}}, "spec": POD},
        },
    },
)
CLUSTER = one(
    "aws:eks/cluster:Cluster",
    {
        "name": "it",
        "version": "1.35",
        "encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:::key/1"}},
        "vpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False, "publicAccessCidrs": []},
        "enabledClusterLogTypes": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
        "deletionProtection": True,
    },
)
DATABASE = one(
    "aws:rds/instance:Instance",
    {
        "storageEncrypted": True,
        "kmsKeyId": "arn:aws:kms:::key/1",
        "manageMasterUserPassword": True,
        "masterUserSecretKmsKeyId": "arn:aws:kms:::key/1",
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": "arn:aws:kms:::key/1",
        "publiclyAccessible": False,
        "parameterGroupName": "it",
        "backupRetentionPeriod": 30,
        "deleteAutomatedBackups": False,
        "deletionProtection": True,
        "skipFinalSnapshot": False,
    },
)
LAUNCH_TEMPLATE = one(
    "aws:ec2/launchTemplate:LaunchTemplate",
    {
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}],
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "networkInterfaces": [{"associatePublicIpAddress": "false"}],
    },
)
NODE_CLASS = one(
    "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass",
    {
        "metadata": {"name": "gpu"},
        "spec": {
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": True}}],
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "associatePublicIPAddress": False,
        },
    },
)
BROKER = one(
    "aws:elasticache/replicationGroup:ReplicationGroup",
    {
        "engine": "valkey",
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "kmsKeyId": "arn:aws:kms:::key/1",
        "snapshotRetentionLimit": 1,
    },
)
FILES = one("aws:efs/fileSystem:FileSystem", {"encrypted": True, "kmsKeyId": "arn:aws:kms:::key/1"})
LOG_GROUP = one(
    "aws:cloudwatch/logGroup:LogGroup", {"name": "it", "retentionInDays": 90, "kmsKeyId": "arn:aws:kms:::key/1"}
)
