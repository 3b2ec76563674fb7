"""Buckets in a store that knows no cloud identity: a Job makes them, with a user for each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._pods import container_security, pod_security, resources

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace, ServiceAccount
from groundwork.core.contracts.storage import Bucket
from groundwork.core.errors import StackError

# Signatures of the S3 API need a region; these stores take this one unless told otherwise.
REGION = "us-east-1"


def home_of(name: str, parent: Component[Any], reader_writers: Sequence[ServiceAccount]) -> Namespace:
    """Return the namespace of all that use a bucket, where its keys are put.

    Raises:
        StackError: where they are of several, or none is named.
    """
    namespaces = {account.namespace.name: account.namespace for account in reader_writers}
    if len(namespaces) != 1:
        names = ", ".join(sorted(namespaces)) or "none"
        raise StackError([f"{parent.name}: the bucket {name} must be for service accounts of one namespace ({names})"])
    return next(iter(namespaces.values()))


def provision_bucket(
    bucket: str,
    *,
    endpoint: str,
    image: str,
    home: str,
    script: str,
    environment: Sequence[Mapping[str, Any]],
    files: Mapping[str, str],
    parent: Component[Any],
    namespace: Namespace,
) -> Bucket:
    """Make a bucket and a user who can only use that.

    Args:
        bucket: its name.
        endpoint: URL of the store.
        image: with the store's client and a shell.
        home: the store's own namespace, where the Job runs: only there is the administrator at home.
        script: for the shell; can be repeated. It finds BUCKET, ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
        environment: more of the script's variables.
        files: name -> content, in /etc/bucket.
        parent: the component that the bucket belongs to.
        namespace: where the user's keys are put.
    """
    name = f"{parent.name}-{bucket}"
    key = random.RandomPassword(f"{name}-key", length=20, special=False, opts=parent.child())
    secret_key = random.RandomPassword(f"{name}-secret-key", length=40, special=False, opts=parent.child())
    keys = {"AWS_ACCESS_KEY_ID": key.result, "AWS_SECRET_ACCESS_KEY": secret_key.result}
    credentials = f"{bucket}-keys"
    in_cluster = namespace.cluster.options
    mine = k8s.core.v1.Secret(
        f"{name}-keys",
        metadata={"name": credentials, "namespace": namespace.name},
        string_data=keys,
        opts=namespace.options(parent),
    )
    theirs = k8s.core.v1.Secret(
        f"{name}-user",
        metadata={"name": credentials, "namespace": home},
        string_data=keys,
        opts=in_cluster(parent, depends_on=list(parent.after)),
    )
    policy = k8s.core.v1.ConfigMap(
        f"{name}-policy",
        metadata={"name": f"{bucket}-policy", "namespace": home},
        data=dict(files),
        opts=in_cluster(parent, depends_on=list(parent.after)),
    )
    # A Job cannot change: another script makes another Job.
    version = hashlib.sha256("".join((script, endpoint, *files.values())).encode()).hexdigest()[:8]
    job = k8s.batch.v1.Job(
        f"{name}-job",
        metadata={"name": f"{bucket}-{version}", "namespace": home},
        spec={
            "backoff_limit": 6,
            "template": {"spec": _pod(bucket, endpoint, image, script, environment, credentials)},
        },
        opts=in_cluster(parent, depends_on=[theirs, policy]),
    )
    return Bucket(name=bucket, endpoint=endpoint, region=REGION, credentials=credentials, ready=(mine, job))


def _pod(
    bucket: str, endpoint: str, image: str, script: str, environment: Sequence[Mapping[str, Any]], credentials: str
) -> Any:
    return {
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": pod_security(1000),
        "containers": [
            {
                "name": "bucket",
                "image": image,
                "command": ["/bin/sh", "-c", script],
                "env": [
                    {"name": "BUCKET", "value": bucket},
                    {"name": "ENDPOINT", "value": endpoint},
                    *environment,
                ],
                "envFrom": [{"secretRef": {"name": credentials}}],
                "resources": resources("50m", "128Mi"),
                "securityContext": container_security(),
                "volumeMounts": [
                    {"name": "policy", "mountPath": "/etc/bucket", "readOnly": True},
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a path inside the container
                ],
            }
        ],
        "volumes": [
            {"name": "policy", "configMap": {"name": f"{bucket}-policy"}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
