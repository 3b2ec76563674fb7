"""The cluster autoscaler: nodes by what pods ask for, empty pools included."""

from __future__ import annotations

import json
from typing import Any

import pulumi_kubernetes as k8s
from addons._charts import Copies, budget
from addons._cloud_controller import install_controller, region_and_account
from addons._pods import container_security, pod_security, resources, spread
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Alert, CloudIdentity, Cluster, Metrics, Namespace, NodePools, Statement
from groundwork.core.errors import StackError
from groundwork.core.regions import partition_of

ACCOUNT = "cluster-autoscaler"
_USER = 65534


class ClusterAutoscalerConfig(Config):
    """What a stack file may say under `cluster-autoscaler:`."""

    replicas: Copies = Field(description="copies; one is active")
    idle_minutes: int = Field(default=10, ge=1, description="how long a node is not needed before it goes")


def values(
    config: ClusterAutoscalerConfig, *, cluster: str, region: str, image: str, spot_first: bool = False
) -> dict[str, Any]:
    """Return the chart's values.

    https://github.com/kubernetes/autoscaler/tree/cluster-autoscaler-chart-9.59.0/cluster-autoscaler/charts

    Args:
        cluster: whose node groups are found by the tags that EKS puts on them.
        image: of the cluster's own minor version, with its tag.
        spot_first: whether a pool has a group of spot capacity and one that takes over from it.
    """
    repository, _, tag = image.rpartition(":")
    return {
        "cloudProvider": "aws",
        "awsRegion": region,
        "autoDiscovery": {"clusterName": cluster},
        "image": {"repository": repository, "tag": tag},
        "replicaCount": config.replicas,
        "podDisruptionBudget": budget(config.replicas),
        "topologySpreadConstraints": spread({"app.kubernetes.io/name": "aws-cluster-autoscaler"}),
        "rbac": {"serviceAccount": {"name": ACCOUNT}},
        "extraArgs": {
            "balance-similar-node-groups": True,
            "expander": "priority,least-waste" if spot_first else "least-waste",
            "scale-down-unneeded-time": f"{config.idle_minutes}m",
            "skip-nodes-with-local-storage": False,
            "skip-nodes-with-system-pods": False,
        },
        "resources": resources("50m", "256Mi", "512Mi"),
        "securityContext": pod_security(_USER),
        "containerSecurityContext": container_security(),
    }


def statements(*, cluster: str, region: str, account_id: str) -> list[Statement]:
    """Return what it may do: read everything that has no finer grain, change only the groups of its own cluster.

    https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.0/cluster-autoscaler/cloudprovider/aws/README.md
    """
    partition = partition_of(region)
    own = {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}": "owned"}}
    return [
        Statement(
            actions=[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "autoscaling:DescribeTags",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ],
            # None of these actions knows a resource.
            resources=["*"],
        ),
        Statement(
            # The labels and taints of a pool that has no node to look at.
            actions=["eks:DescribeNodegroup"],
            resources=[f"arn:{partition}:eks:{region}:{account_id}:nodegroup/{cluster}/*"],
        ),
        Statement(
            actions=["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
            resources=[f"arn:{partition}:autoscaling:{region}:{account_id}:autoScalingGroup:*"],
            conditions=own,
        ),
    ]


class ClusterAutoscaler(Component[ClusterAutoscalerConfig]):
    """The cluster autoscaler, for the node groups of EKS."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools, identity: CloudIdentity, metrics: Metrics | None) -> None:
        """Install the chart with a cloud identity that reaches this cluster's node groups only.

        Raises:
            StackError: where the pools are no groups: two that answer one pod would make two nodes.
        """
        self._check(pools)
        spot_first = any(pool.spot_first for pool in pools.all)
        region, account_id = region_and_account(self, "scales node groups of EKS")
        image = self.catalogue.image(f"cluster-autoscaler-{cluster.version}")
        namespace = install_controller(
            "cluster-autoscaler",
            parent=self,
            cluster=cluster,
            identity=identity,
            account=ACCOUNT,
            account_values="rbac.serviceAccount",
            grant="node-groups",
            statements=statements(cluster=cluster.name, region=region, account_id=account_id),
            values=values(self.config, cluster=cluster.name, region=region, image=image, spot_first=spot_first),
        )
        if spot_first:
            self._ask_spot_first(namespace)
        if metrics is not None:
            self._watch(metrics, namespace)

    def _check(self, pools: NodePools) -> None:
        names = sorted(pool.name for pool in pools.all if not pool.grouped)
        if names:
            raise StackError(
                [
                    f"{self.name}: who makes the nodes of {', '.join(names)} also decides how many, and two that "
                    f"answer one pod make two nodes: leave {self.name} out, or set pools.provisioner: nodeGroups"
                ]
            )

    def _ask_spot_first(self, namespace: Namespace) -> None:
        """Give the order of groups: those of spot capacity beside which another takes over come first.

        https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.0/cluster-autoscaler/expander/priority/readme.md
        """
        k8s.core.v1.ConfigMap(
            f"{self.name}-order",
            metadata={"name": "cluster-autoscaler-priority-expander", "namespace": namespace.name},
            # JSON is YAML, which is what it reads; of several that fit, a group has the highest. EKS puts `eks-` and an
            # id around the name of a group, which ends in six characters of a hash itself.
            data={"priorities": json.dumps({"50": ["^eks-.*-spot-[0-9a-f]{6}-"], "10": [".*"]})},
            opts=namespace.options(self),
        )

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        selector = {
            "app.kubernetes.io/instance": self.name,
            "app.kubernetes.io/name": "aws-cluster-autoscaler",
        }
        metrics.scrape(self.name, parent=self, namespace=namespace, selector=selector, port="http")
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="PodsFindNoNode",
                    expression="cluster_autoscaler_unschedulable_pods_count > 0",
                    after="20m",
                    severity="warning",
                    summary="Pods wait for a node that the autoscaler does not or cannot add.",
                )
            ],
        )
