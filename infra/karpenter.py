"""Karpenter: nodes by what pods ask for, each chosen for them, in the place of node groups and their autoscaler."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from addons._charts import Copies
from addons.karpenter_api import KarpenterKinds
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.config import Config
from groundwork.core.contracts import Alert, Metrics, Namespace
from groundwork.core.errors import StackError
from groundwork.core.forms import Form
from infra import _karpenter_values as karpenter
from infra._aws import AwsComponent
from infra._eks_cluster import ROLE_NAME, EksCluster
from infra._karpenter_nodes import NodeProvisioner
from infra._policies import trust
from infra.eks import SYSTEM_POOL

_IMAGE = "al2023"
_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
_LONGEST_RULE = 64


class KarpenterConfig(Config):
    """What a stack file may say under `karpenter:`."""

    replicas: Copies = Field(description="copies of the controller; one is active")
    image_release: Annotated[str, Form(r"v\d{8}", "a release of Amazon Linux", "v20261101")] | None = Field(
        default=None,
        description="release of Amazon Linux 2023 for EKS that nodes are made of; the catalogue's if left out",
    )


class Karpenter(AwsComponent[KarpenterConfig]):
    """Karpenter's controller on the system nodes, the queue that warns it, and what its nodes are to AWS."""

    single = True

    def build(self, cluster: EksCluster, kinds: KarpenterKinds, metrics: Metrics | None) -> NodeProvisioner:
        """Install the controller.

        Raises:
            StackError: where the catalogue names no machine image.
        """
        if _IMAGE not in self.catalogue.node_images:
            raise StackError([f"{self.name}: the catalogue has no nodeImages.{_IMAGE}"])
        role, profile, may = self._nodes(cluster)
        queue, told = self._queue(cluster)
        namespace = cluster.namespace(self.name, parent=self)
        account = namespace.chart_account(karpenter.ACCOUNT)
        granted = cluster.grant(
            "nodes",
            parent=self,
            account=account,
            statements=karpenter.statements(
                cluster=cluster.name,
                partition=self.partition,
                region=self.region,
                account_id=self.account_id,
                node_role_arn=role.arn,
                queue_arn=queue.arn,
            ),
        )
        self._before_others(namespace)
        release(
            self.name,
            parent=self,
            chart="karpenter",
            namespace=namespace,
            values=karpenter.values(
                cluster=cluster.name,
                queue=cluster.name,
                replicas=self.config.replicas,
                system_pool=SYSTEM_POOL,
            ),
            accounts={"serviceAccount": account},
            after=[*granted, *told, *may],
        )
        if metrics is not None:
            self._watch(metrics, namespace)
        release_of_image = self.config.image_release or self.catalogue.node_images[_IMAGE].version
        return NodeProvisioner(instance_profile=profile, image=f"{_IMAGE}@{release_of_image}")

    def _nodes(self, cluster: EksCluster) -> tuple[aws.iam.Role, str, list[pulumi.Resource]]:
        """Make what the nodes are to AWS, and what admits them to the cluster; return role, profile, and what to await.

        The instance profile is made here, so that the controller needs no right to make any.
        """
        name = self.environment.cloud_name(self.name, "node", limit=ROLE_NAME)
        role = aws.iam.Role(
            f"{self.name}-node",
            name=name,
            description=f"Nodes of {cluster.name} that Karpenter makes; pods have identities of their own",
            assume_role_policy=trust("ec2.amazonaws.com"),
            opts=self.child(),
        )
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{self.name}-node-{policy}",
                role=role.name,
                policy_arn=self.managed_policy(policy),
                opts=self.child(),
            )
            for policy in _NODE_POLICIES
        ]
        profile = aws.iam.InstanceProfile(f"{self.name}-node", name=name, role=role.name, opts=self.child())
        entry = aws.eks.AccessEntry(
            f"{self.name}-node",
            cluster_name=cluster.name,
            principal_arn=role.arn,
            type="EC2_LINUX",
            opts=self.child(depends_on=list(self.after)),
        )
        return role, name, [*attached, profile, entry]

    def _queue(self, cluster: EksCluster) -> tuple[aws.sqs.Queue, list[pulumi.Resource]]:
        """Make the queue of what AWS announces: a spot instance taken back, an instance that stops, a maintenance."""
        queue = aws.sqs.Queue(
            f"{self.name}-interruptions",
            name=cluster.name,
            # What is older has happened already.
            message_retention_seconds=300,
            sqs_managed_sse_enabled=True,
            opts=self.child(),
        )
        rules = []
        targets: list[pulumi.Resource] = []
        for kind, (source, event) in karpenter.EVENTS.items():
            rule = aws.cloudwatch.EventRule(
                f"{self.name}-{kind}",
                name=self.environment.cloud_name(self.name, kind, limit=_LONGEST_RULE),
                description=f"{event}, for Karpenter in {cluster.name}",
                event_pattern=json.dumps({"source": [source], "detail-type": [event]}),
                opts=self.child(),
            )
            rules.append(rule)
            targets.append(
                aws.cloudwatch.EventTarget(
                    f"{self.name}-{kind}", rule=rule.name, target_id="karpenter", arn=queue.arn, opts=self.child()
                )
            )
        policy = aws.sqs.QueuePolicy(
            f"{self.name}-interruptions",
            queue_url=queue.url,
            policy=pulumi.Output.all(queue.arn, *(rule.arn for rule in rules)).apply(
                lambda known: json.dumps(
                    karpenter.queue_policy(queue_arn=known[0], account_id=self.account_id, rule_arns=known[1:])
                )
            ),
            opts=self.child(),
        )
        return queue, [policy, *targets]

    def _before_others(self, namespace: Namespace) -> None:
        """Let the API server answer Karpenter before workloads, as it does for what is in kube-system.

        https://karpenter.sh/v1.14/getting-started/getting-started-with-karpenter/#preventing-apiserver-request-throttling
        """
        leases = {
            "apiGroups": ["coordination.k8s.io"],
            "namespaces": ["*"],
            "resources": ["leases"],
            "verbs": ["get", "create", "update"],
        }
        everything = {
            "apiGroups": ["*"],
            "clusterScope": True,
            "namespaces": ["*"],
            "resources": ["*"],
            "verbs": ["*"],
        }
        schemas: dict[str, tuple[int, str, dict[str, Any]]] = {
            "leader-election": (200, "leader-election", {"resourceRules": [leases]}),
            "workload": (
                1000,
                "workload-high",
                {"nonResourceRules": [{"nonResourceURLs": ["*"], "verbs": ["*"]}], "resourceRules": [everything]},
            ),
        }
        account = {"kind": "ServiceAccount", "serviceAccount": {"name": karpenter.ACCOUNT, "namespace": namespace.name}}
        for name, (precedence, level, rules) in schemas.items():
            k8s.flowcontrol.v1.FlowSchema(
                f"{self.name}-{name}",
                metadata={"name": f"{self.name}-{name}"},
                spec={
                    "distinguisherMethod": {"type": "ByUser"},
                    "matchingPrecedence": precedence,
                    "priorityLevelConfiguration": {"name": level},
                    "rules": [{"subjects": [account], **rules}],
                },
                opts=namespace.options(self),
            )

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        selector = {"app.kubernetes.io/instance": self.name, "app.kubernetes.io/name": "karpenter"}
        metrics.scrape(self.name, parent=self, namespace=namespace, selector=selector, port="http-metrics")
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="PodsFindNoPool",
                    expression="max(karpenter_scheduler_unschedulable_pods_count) > 0",
                    after="20m",
                    severity="warning",
                    summary="Pods wait for a node that Karpenter does not make: none fits, or a pool is full.",
                ),
                Alert(
                    name="CloudRefusesNodes",
                    expression="sum(rate(karpenter_cloudprovider_errors_total[10m])) > 0",
                    after="30m",
                    severity="warning",
                    summary="AWS refuses what Karpenter asks for: capacity, a quota, or a right that is missing.",
                ),
            ],
        )
