"""Objects that break no rule, for examples to change."""

from __future__ import annotations

from typing import Any

from groundwork.policy.example import one

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
        "version": "1.35",
        "encryptionConfig": {"resources": ["secrets"]},
        "vpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False, "publicAccessCidrs": []},
    },
)
