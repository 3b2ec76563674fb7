"""Buckets in a store that knows no cloud identity: a Job makes them, with a user for each."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._pods import container_security, pod_security, resources

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace
from groundwork.core.contracts.storage import Bucket

# Signatures of the S3 API need a region; MinIO takes this one unless told otherwise.
REGION = "us-east-1"

# Every step can be repeated. What is secret comes by the environment and by pipes, never as an argument.
_SCRIPT = """\
set -eu
scheme=${ENDPOINT%%://*}
export MC_HOST_store="$scheme://$ADMIN_USERNAME:$ADMIN_PASSWORD@${ENDPOINT#*://}"
mc mb --ignore-existing "store/$BUCKET"
mc anonymous set none "store/$BUCKET"
mc version enable "store/$BUCKET"
printf '%s\\n%s\\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" | mc admin user add store
mc admin policy create store "$BUCKET" /etc/bucket/policy.json
mc admin policy attach store "$BUCKET" --user "$AWS_ACCESS_KEY_ID" ||
  mc admin policy entities store --user "$AWS_ACCESS_KEY_ID" | grep -q "$BUCKET"
"""


def bucket_policy(bucket: str) -> str:
    """Return the policy that lets a user read and write one bucket, and nothing else."""
    statements = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": [f"arn:aws:s3:::{bucket}"],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": [f"arn:aws:s3:::{bucket}/*"],
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def provision_bucket(
    bucket: str,
    *,
    endpoint: str,
    image: str,
    home: str,
    admin_secret: str,
    parent: Component[Any],
    namespace: Namespace,
) -> Bucket:
    """Make a bucket and a user who can only use that.

    Args:
        bucket: its name.
        endpoint: URL of the store.
        image: with MinIO's client `mc` and a shell.
        home: the store's own namespace, where the Job runs: only there lies the administrator's Secret.
        admin_secret: its name, with the keys username and password.
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
        data={"policy.json": bucket_policy(bucket)},
        opts=in_cluster(parent, depends_on=list(parent.after)),
    )
    # A Job cannot change: another script makes another Job.
    version = hashlib.sha256(f"{_SCRIPT}{endpoint}{bucket_policy(bucket)}".encode()).hexdigest()[:8]
    job = k8s.batch.v1.Job(
        f"{name}-job",
        metadata={"name": f"{bucket}-{version}", "namespace": home},
        spec={
            "backoff_limit": 6,
            "template": {"spec": _pod(bucket, endpoint, image, admin_secret, credentials)},
        },
        opts=in_cluster(parent, depends_on=[theirs, policy]),
    )
    return Bucket(name=bucket, endpoint=endpoint, region=REGION, credentials=credentials, ready=(mine, job))


def _pod(bucket: str, endpoint: str, image: str, admin_secret: str, credentials: str) -> Any:
    def admin(variable: str, key: str) -> dict[str, Any]:
        return {"name": variable, "valueFrom": {"secretKeyRef": {"name": admin_secret, "key": key}}}

    return {
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": pod_security(1000),
        "containers": [
            {
                "name": "bucket",
                "image": image,
                "command": ["/bin/sh", "-c", _SCRIPT],
                "env": [
                    {"name": "BUCKET", "value": bucket},
                    {"name": "ENDPOINT", "value": endpoint},
                    {"name": "MC_CONFIG_DIR", "value": "/tmp/mc"},  # noqa: S108 - a path inside the container
                    admin("ADMIN_USERNAME", "username"),
                    admin("ADMIN_PASSWORD", "password"),
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
