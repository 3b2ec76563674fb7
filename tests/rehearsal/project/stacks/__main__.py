"""A program with a resource of every stand-in, a protected one, a retained one, and a chart."""

from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pulumi_random as random

ROOT = Path.cwd() if (Path.cwd() / "Pulumi.yaml").is_file() else Path.cwd().parent
GENERATION = (ROOT / "generation").read_text().strip()


class Part(pulumi.ComponentResource):
    """One part, as a component of the platform would be."""

    def __init__(self, name: str) -> None:
        super().__init__("theatre:index:Part", name)
        label = f"{name}-{GENERATION}"

        def child(**options: Any) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(parent=self, **options)

        space = k8s.core.v1.Namespace(f"{label}-space", metadata={"name": label}, opts=child())
        password = random.RandomPassword(f"{label}-password", length=20, opts=child())
        k8s.core.v1.Secret(
            f"{label}-secret",
            metadata={"name": "login", "namespace": space.metadata.name},
            string_data={"password": password.result},
            opts=child(),
        )
        k8s.core.v1.ConfigMap(
            f"{label}-kept",
            metadata={"name": "kept", "namespace": space.metadata.name},
            data={"generation": GENERATION},
            opts=child(retain_on_delete=GENERATION == "0"),
        )
        aws.s3.Bucket(f"{label}-bucket", bucket=f"theatre-{label}", opts=child(protect=GENERATION == "0"))
        aws.sqs.Queue(f"{label}-queue", opts=child())
        aws.kms.Key(f"{label}-key", description=label, opts=child())
        k8s.helm.v3.Release(
            f"{label}-release",
            name="sleeper",
            namespace=space.metadata.name,
            chart=str(ROOT / "chart"),
            opts=child(),
        )
        pulumi.export(f"{name}-password", password.result)


Part("first")
