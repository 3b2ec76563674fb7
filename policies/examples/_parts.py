"""Objects that break no rule, for examples to change."""

from __future__ import annotations

from typing import Any

from groundwork.policy.example import one
from groundwork.policy.subject import Subject

CONTAINER: dict[str, Any] = {
    "name": "main",
    "image": "ghcr.io/mlflow/app:1.2",
    "ports": [{"containerPort": 8080}],
    "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
    "env": [{"name": "LEVEL", "value": "info"}],
    "args": ["serve"],
    "command": ["app"],
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
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
LOGS_POLICY = Subject(
    "aws:s3/bucketPolicy:BucketPolicy",
    "p",
    {
        "bucket": "logs",
        "policy": '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, '
        '"Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"}]}',
    },
    "urn:policy",
)
"""What lets S3 write access logs into a bucket, whose logs they are being another stack's matter."""
LOG_GROUP = one(
    "aws:cloudwatch/logGroup:LogGroup", {"name": "it", "retentionInDays": 90, "kmsKeyId": "arn:aws:kms:::key/1"}
)
