"""Kubeflow Trainer: distributed training by TrainJobs, on runtimes that fit the pools of the cluster."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
from addons._availability import keep_available, unavailable
from addons._charts import Copies
from addons._gpu_nodes import of_nvidia
from addons._placements import joined, place
from addons._trainer_values import Framework, runtime, values
from addons.kubeflow_trainer_api import TrainerKinds
from pydantic import Field, NonNegativeInt

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Adapters, Cluster, Metrics, NodePools, Placement, Priorities, Training
from groundwork.core.errors import StackError
from groundwork.core.naming import is_label

_DEFAULT = "torch-distributed"
_GROUP = "trainer.kubeflow.org"
_LABELS = {"app.kubernetes.io/name": "kubeflow-trainer", "app.kubernetes.io/component": "manager"}


class RuntimeConfig(Config):
    """One runtime: what a TrainJob names to say where and on what it trains."""

    framework: Framework = Field(default="torch", description="how its nodes find each other")
    image: str | None = Field(default=None, description="with its tag; the platform's own image by default, for torch")
    cpu: Cpu = Field(default="1", description="request of each node, unless the TrainJob says otherwise")
    memory: Memory = Field(default="4Gi", description="request and limit of each node, likewise")
    pool: str | None = Field(default=None, description="name of the node pool; any that has room by default")
    gpus: NonNegativeInt = Field(default=0, description="of each node, at most what a node of the pool has")


class KubeflowTrainerConfig(Config):
    """What a stack file may say under `kubeflow-trainer:`."""

    replicas: Copies = Field(description="copies of both controllers; one is active, a second one takes over")
    runtimes: dict[str, RuntimeConfig] = Field(
        default_factory=dict,
        description=(
            "name -> runtime, besides `torch-distributed` and, for each pool with GPUs, `torch-distributed-<pool>` "
            "with all GPUs of a node, or one slice where pods share them"
        ),
    )


class KubeflowTrainer(Component[KubeflowTrainerConfig]):
    """Trainer and the JobSet controller that it runs on, with a runtime for each pool of GPUs.

    On a pool with network adapters, and with `efa-device-plugin`, a runtime asks for as many as go with its GPUs; a
    TrainJob that gives resources of its own has to name them too, and an image has to have what speaks to them.
    """

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: TrainerKinds,
        metrics: Metrics | None,
        pools: NodePools | None,
        priorities: Priorities | None,
        adapters: Adapters | None,
    ) -> Training:
        """Install the chart, then the runtimes that its webhook checks."""
        runtimes = {**self._defaults(pools), **self.config.runtimes}
        placements = self._placements(runtimes, pools, adapters)
        namespace = cluster.namespace("kubeflow-trainer", parent=self)
        installed = release(
            "kubeflow-trainer",
            parent=self,
            chart="kubeflow-trainer",
            namespace=namespace,
            values=values(self.config.replicas),
        )
        self._let_members(cluster)
        keep_available("manager", parent=self, namespace=namespace, labels=_LABELS, copies=self.config.replicas)
        for name, wanted in runtimes.items():
            self._runtime(cluster, name, wanted, placements[name], installed, priorities)
        if metrics is not None:
            metrics.scrape(
                "kubeflow-trainer", parent=self, namespace=namespace, selector=_LABELS, port="monitoring-port"
            )
            down = [
                unavailable(
                    alert,
                    namespace=namespace.name,
                    deployment=deployment,
                    summary=f"No copy of {deployment} is ready: training jobs are neither started nor followed.",
                )
                for alert, deployment in (
                    ("KubeflowTrainerDown", "kubeflow-trainer-controller-manager"),
                    ("JobSetDown", "jobset-controller"),
                )
            ]
            metrics.alert("kubeflow-trainer", parent=self, namespace=namespace, alerts=down)
        return Training(namespace=namespace.name, runtimes=tuple(runtimes))

    def _let_members(self, cluster: Cluster) -> None:
        """Let whoever may edit a namespace, or a profile of Kubeflow's, run jobs there: the chart has no such role."""
        labels = [f"rbac.authorization.k8s.io/aggregate-to-{role}" for role in ("admin", "edit")]
        labels.append("rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit")
        changes = ["create", "delete", "deletecollection", "patch", "update"]
        k8s.rbac.v1.ClusterRole(
            f"{self.name}-members",
            metadata={"name": f"{self.name}-edit", "labels": dict.fromkeys(labels, "true")},
            rules=[
                {"api_groups": [_GROUP], "resources": ["trainjobs"], "verbs": ["get", "list", "watch", *changes]},
                {
                    "api_groups": [_GROUP],
                    "resources": ["trainingruntimes", "clustertrainingruntimes"],
                    "verbs": ["get", "list", "watch"],
                },
            ],
            opts=cluster.options(self),
        )

    def _defaults(self, pools: NodePools | None) -> dict[str, RuntimeConfig]:
        found = {_DEFAULT: RuntimeConfig()}
        for pool in of_nvidia(pools) if pools else ():
            # A process has one slice of a GPU at most, whatever the slices are. And amounts that a node with few GPUs
            # has left; a TrainJob that needs more says so.
            gpus = 1 if pool.sharing else pool.accelerators
            found[f"{_DEFAULT}-{pool.name}"] = RuntimeConfig(cpu="2", memory="8Gi", pool=pool.name, gpus=gpus)
        return found

    def _placements(
        self, runtimes: dict[str, RuntimeConfig], pools: NodePools | None, adapters: Adapters | None
    ) -> dict[str, Placement | None]:
        problems: list[str] = []
        found: dict[str, Placement | None] = {}
        for name, wanted in runtimes.items():
            where = f"{self.name}.runtimes.{name}"
            if not is_label(name):
                problems.append(f"{where}: {name!r} is no name for a runtime: lower case letters, digits, hyphens")
            if wanted.image is None and wanted.framework != "torch":
                problems.append(f"{where}.image: is missing: there is an image of the platform's own only for torch")
            landing = place(where, pool=wanted.pool, gpus=wanted.gpus, pools=pools, problems=problems)
            if landing and pools and wanted.pool:
                landing = joined(landing, pools.pool(wanted.pool), wanted.gpus, adapters)
            found[name] = landing
        if problems:
            raise StackError(problems)
        return found

    def _runtime(
        self,
        cluster: Cluster,
        name: str,
        wanted: RuntimeConfig,
        placement: Placement | None,
        installed: pulumi.Resource,
        priorities: Priorities | None,
    ) -> None:
        made = runtime(
            name,
            framework=wanted.framework,
            image=wanted.image or self.catalogue.image("trainer-torch"),
            cpu=wanted.cpu,
            memory=wanted.memory,
            placement=placement,
            priority=priorities.batch if priorities else None,
        )
        k8s.apiextensions.CustomResource(
            f"{self.name}-{name}",
            api_version=made["apiVersion"],
            kind=made["kind"],
            metadata=made["metadata"],
            spec=made["spec"],
            opts=cluster.options(self, depends_on=[installed]),
        )
