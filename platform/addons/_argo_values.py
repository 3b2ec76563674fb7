"""Values of Argo Workflows' chart, and the configuration of its controller.

https://github.com/argoproj/argo-helm/tree/argo-workflows-1.0.18/charts/argo-workflows and
https://argo-workflows.readthedocs.io/en/release-4.0/workflow-controller-configmap/. The configuration is no value of
the chart: it names the database's host, which is known only once there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from addons._charts import budget
from addons._pods import container_security, pod_security, resources, spread

from groundwork.core.contracts import Bucket

RUNNER = "argo-workflow"
"""The service account that workflows of the platform's own namespace run under."""

SERVER_PORT = 2746
# The user of Argo's images, which is also whom steps run as unless they say otherwise.
_USER = 8737


@dataclass(frozen=True)
class SingleSignOn:
    """Argo as an application of the issuer: `secret` has the keys client-id and client-secret."""

    issuer: str
    secret: str
    url: str


@dataclass(frozen=True)
class Facts:
    """What values and configuration are made of, all of it plain.

    Attributes:
        release: name of the Helm release, with which everything that the chart makes begins.
        instance_id: "" for the controller of workflows that name none.
        database_secret: with the keys username and password.
        archive_days: how long finished workflows are kept in the database.
        sso: None where people bring a token of the cluster.
        priority: name of the priority class of steps that name none, None for none.
    """

    release: str
    namespace: str
    copies: int
    instance_id: str
    database_secret: str
    archive_days: int
    store: Bucket
    sso: SingleSignOn | None
    priority: str | None = None

    @property
    def config_map(self) -> str:
        """Name of the ConfigMap with the controller's configuration."""
        return f"{self.release}-controller"


def values(facts: Facts, digest: str) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        digest: of the configuration, so that pods start anew with it.
    """
    return {
        "crds": {"install": False},
        "images": {"pullPolicy": "IfNotPresent"},
        "workflow": {"serviceAccount": {"create": True, "name": RUNNER}},
        "controller": {
            **_part(facts, "workflow-controller", digest, resources("100m", "256Mi", "1Gi")),
            "configMap": {"create": False, "name": facts.config_map},
            "instanceID": {"enabled": bool(facts.instance_id), "explicitID": facts.instance_id},
            "workflowNamespaces": [facts.namespace],
            "metricsConfig": {"enabled": True},
        },
        "server": {
            **_part(facts, "server", digest, resources("50m", "128Mi", "512Mi")),
            "servicePortName": "http",
            "authModes": ["sso", "client"] if facts.sso else ["client"],
            "sso": {"enabled": facts.sso is not None, **_sso(facts.sso)},
            "extraEnv": [variable for variable in facts.store.environment if facts.store.credentials is None],
        },
    }


def _part(facts: Facts, name: str, digest: str, needed: dict[str, Any]) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": f"argo-workflows-{name}", "app.kubernetes.io/instance": facts.release}
    return {
        "replicas": facts.copies,
        "pdb": {"enabled": facts.copies > 1, **budget(facts.copies)},
        "topologySpreadConstraints": spread(labels),
        "resources": needed,
        "podSecurityContext": pod_security(_USER),
        "podAnnotations": {"groundwork.example/configuration": digest},
        "logging": {"format": "json"},
    }


def _sso(sso: SingleSignOn | None) -> dict[str, Any]:
    if sso is None:
        return {}
    return {
        "issuer": sso.issuer,
        "clientId": {"name": sso.secret, "key": "client-id"},
        "clientSecret": {"name": sso.secret, "key": "client-secret"},
        "redirectUrl": f"{sso.url}/oauth2/callback",
        "rbac": {"enabled": True},
        "scopes": ["openid", "email", "profile", "groups"],
    }


def configuration(facts: Facts, database_uri: str) -> dict[str, Any]:
    """Return the controller's configuration; of the database's URI only host, port, name and sslmode are in it."""
    found: dict[str, Any] = {
        "artifactRepository": {"s3": _s3(facts.store)},
        "executor": {
            "imagePullPolicy": "IfNotPresent",
            "resources": resources("50m", "64Mi", "256Mi"),
            "securityContext": container_security(read_only=False),
        },
        "mainContainer": {"imagePullPolicy": "IfNotPresent", "securityContext": container_security(read_only=False)},
        "metricsConfig": {"enabled": True, "path": "/metrics", "port": 9090, "secure": False},
        "persistence": _persistence(facts, database_uri),
        # Steps pass the restricted standard by default; what is finished goes, and stays in the archive.
        "workflowDefaults": {
            "spec": {
                "securityContext": pod_security(_USER),
                **({"podPriorityClassName": facts.priority} if facts.priority else {}),
                "podGC": {"strategy": "OnPodCompletion"},
                "ttlStrategy": {"secondsAfterCompletion": 86400},
            }
        },
    }
    if facts.instance_id:
        found["instanceID"] = facts.instance_id
    if facts.sso is not None:
        found["sso"] = _sso(facts.sso)
    return found


def _persistence(facts: Facts, database_uri: str) -> dict[str, Any]:
    address = urlsplit(database_uri)
    mode = parse_qs(address.query).get("sslmode", ["require"])[0]
    return {
        "archive": True,
        "archiveTTL": f"{facts.archive_days}d",
        # The state of a large workflow does not fit into an object of Kubernetes.
        "nodeStatusOffLoad": True,
        "connectionPool": {"maxIdleConns": 10, "maxOpenConns": 20},
        "postgresql": {
            "host": address.hostname or "",
            "port": address.port or 5432,
            "database": address.path.removeprefix("/"),
            "tableName": "argo_workflows",
            "userNameSecret": {"name": facts.database_secret, "key": "username"},
            "passwordSecret": {"name": facts.database_secret, "key": "password"},
            "ssl": mode != "disable",
            "sslMode": mode,
        },
    }


def _s3(store: Bucket) -> dict[str, Any]:
    """Return the repository. Argo wants an endpoint without its scheme, and the cloud's own one spelt out."""
    address = urlsplit(store.endpoint or f"https://s3.{store.region}.amazonaws.com")
    found: dict[str, Any] = {
        "bucket": store.name,
        "endpoint": address.netloc,
        "insecure": address.scheme == "http",
        "region": store.region,
        "keyFormat": "{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}",
    }
    if store.credentials is None:
        return {**found, "useSDKCreds": True}
    return {
        **found,
        "accessKeySecret": {"name": store.credentials, "key": "AWS_ACCESS_KEY_ID"},
        "secretKeySecret": {"name": store.credentials, "key": "AWS_SECRET_ACCESS_KEY"},
    }
