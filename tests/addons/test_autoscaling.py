"""Who sets the number of copies, who sets their size, and that no two do."""

from __future__ import annotations

from typing import Any

import pytest
from addons.keda_api import KedaScaling
from addons.metrics_server import MetricsServerUsage
from addons.vertical_pod_autoscaler_api import VpaSizing

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Credentials, SecretKey, Trigger
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.addons.conftest import REGISTRY

MLFLOW: dict[str, Any] = {"sql": {}, "objects": {}, "mlflow": {}}
RELEASE = "kubernetes:helm.sh/v3:Release"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
HPA = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
VPA = "kubernetes:autoscaling.k8s.io/v1:VerticalPodAutoscaler"
SCALED = "kubernetes:keda.sh/v1alpha1:ScaledObject"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:scoring"
IN_QUEUE = Trigger(kind="aws-sqs-queue", metadata={"queueURL": "scoring"}, authentication=Credentials(cloud=True))
BEARER = Credentials(secrets={"bearerToken": SecretKey(secret="metrics-reader", key="token")})  # noqa: S106 - its name
ASKED = Trigger(kind="prometheus", metadata={"query": "up", "authModes": "bearer"}, authentication=BEARER)


class AskerConfig(Config):
    """What it asks for, one after the other."""

    steps: tuple[str, ...]


class Asker(Component[AskerConfig]):
    """Asks autoscalers for the same workload."""

    def build(self, cluster: Cluster, usage: MetricsServerUsage, scaling: KedaScaling, sizing: VpaSizing) -> None:
        """Ask."""
        where: Any = {"parent": self, "namespace": cluster.namespace("web", parent=self)}
        between: Any = {"target": "Deployment/web", "minimum": 1, "maximum": 3}
        by_events = {
            "cpu": Trigger(kind="cpu", metadata={"value": "70"}),
            "secret": ASKED,
            "queue": IN_QUEUE,
            "both": Trigger(kind="cron", metadata={}, authentication=Credentials(secrets=BEARER.secrets, cloud=True)),
        }
        for step in self.config.steps:
            if step == "copies":
                usage.scale("web", **where, **between, cpu_percent=70)
            elif step == "none":
                usage.scale("web", **where, **{**between, "minimum": 0}, cpu_percent=70)
            elif step in by_events:
                scaling.scale("web", **where, **between, triggers=[by_events[step]])
            else:
                target = "StatefulSet/web" if step == "data" else "Deployment/web"
                sizing.size("web", **where, target=target, apply=step != "advice")


def ask(*steps: str, **apis: Any) -> Graph:
    stack = {"metrics-server": {}, "keda-api": {}, "vertical-pod-autoscaler-api": {"apply": True}, **apis}
    registry = Registry({**{name: REGISTRY[name].cls for name in (*stack, "cluster")}, "asker": Asker})
    return record({"cluster": {}, "asker": {"steps": steps}, **stack}, environment="dev", registry=registry)


CPU = "what answers to the cpu that Deployment/web in web uses; scale it by something else, or let its requests be "


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        (
            ("copies", "cpu"),
            "asker (HorizontalPodAutoscaler) and asker (KEDA) would both be what sets the number of copies of "
            "Deployment/web in web; keep one",
        ),
        (
            ("copies", "size"),
            f"asker (HorizontalPodAutoscaler) and asker (VerticalPodAutoscaler) would both be {CPU}advised only",
        ),
        (("size", "cpu"), f"asker (VerticalPodAutoscaler) and asker (KEDA) would both be {CPU}advised only"),
        (("data",), "asker: cannot apply sizes to 'StatefulSet/web': it holds data; they are advised only"),
        (("none",), "asker: cannot scale 'Deployment/web' between 0 and 3 copies"),
        (
            ("queue",),
            "asker: cannot scale 'Deployment/web' by aws-sqs-queue: KEDA has no identity in the cloud; name what it "
            "may read under keda-api.queues",
        ),
        (
            ("both",),
            "asker: cannot scale 'Deployment/web' by cron: its credentials are either Secrets or the cloud's identity",
        ),
    ],
)
def test_autoscalers_that_would_fight_are_told(steps: tuple[str, ...], problem: str) -> None:
    """Two that answer the same measure undo each other's work for ever."""
    with pytest.raises(StackError) as error:
        ask(*steps)
    assert list(error.value.problems) == [problem]


def test_advice_stands_beside_any_autoscaler() -> None:
    """What is only said fights with nobody; and sizes go with copies that follow something else."""
    made = ask("copies", "advice").one(VPA, "asker-web-size").inputs["spec"]
    assert made["updatePolicy"] == {"updateMode": "Off"}
    both = ask("size", "secret")
    assert both.one(VPA, "asker-web-size").inputs["spec"]["updatePolicy"] == {"updateMode": "InPlaceOrRecreate"}
    assert len(both.of(SCALED)) == 1


def test_a_trigger_takes_what_is_secret_from_a_secret() -> None:
    """No token in a trigger: the ScaledObject names an authentication, and that a key of a Secret."""
    graph = ask("secret")
    made = graph.one("kubernetes:keda.sh/v1alpha1:TriggerAuthentication", "asker-web-0-authentication").inputs
    assert made["metadata"] == {"name": "web-0", "namespace": "web"}
    assert made["spec"] == {"secretTargetRef": [{"parameter": "bearerToken", "name": "metrics-reader", "key": "token"}]}
    (trigger,) = graph.of(SCALED)[0].inputs["spec"]["triggers"]
    assert trigger["authenticationRef"] == {"name": "web-0"}
    (cloud,) = ask("queue", **{"keda-api": {"queues": [QUEUE]}}).of(SCALED)[0].inputs["spec"]["triggers"]
    assert cloud["authenticationRef"] == {"kind": "ClusterTriggerAuthentication", "name": "cloud"}


def test_keda_reads_the_queues_that_are_named_and_nothing_else(build: Any) -> None:
    """Its operator's own identity, and one authentication for all who scale by it."""
    graph = build({"identity": {}, "keda": {}, "keda-api": {"queues": [QUEUE]}})
    grant = graph.one("test:index:Marker", "keda-queues-grant")
    assert grant.inputs == {
        "account": "keda/keda-operator",
        "statements": [{"actions": ["sqs:GetQueueAttributes"], "resources": [QUEUE]}],
    }
    made = graph.one("kubernetes:keda.sh/v1alpha1:ClusterTriggerAuthentication", "keda-cloud")
    assert made.inputs["spec"] == {"podIdentity": {"provider": "aws", "identityOwner": "keda"}}
    assert grant.urn in graph.before(graph.one(RELEASE, "keda"))
    with pytest.raises(StackError) as error:
        build({"keda": {}, "keda-api": {"queues": [QUEUE]}})
    assert list(error.value.problems) == [
        f"keda: keda-api.queues names {QUEUE}, but nothing in this stack gives pods an identity in the cloud; add "
        "`eks`, or leave it out"
    ]


def test_copies_that_follow_cpu_are_said_by_nobody_else(build: Any) -> None:
    """A number in the Deployment would undo with every `up` what the autoscaler did."""
    stack = {**MLFLOW, "metrics-server": {}, "mlflow": {"replicas": 2, "scaling": {"max": 6}}}
    graph = build(stack)
    assert "replicas" not in graph.one(DEPLOYMENT, "mlflow-server").inputs["spec"]
    made = graph.one(HPA, "mlflow-mlflow-copies").inputs["spec"]
    assert (made["minReplicas"], made["maxReplicas"]) == (2, 6)
    assert made["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mlflow"}
    assert made["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    fixed = build({**stack, "mlflow": {"replicas": 2}})
    assert (fixed.one(DEPLOYMENT, "mlflow-server").inputs["spec"]["replicas"], fixed.of(HPA)) == (2, [])


def test_copies_that_follow_requests_have_one_autoscaler(build: Any) -> None:
    """KEDA makes it, by CPU too."""
    apis: dict[str, Any] = {name: {} for name in ("metrics-server", "keda-api", "istio-api", "prometheus-api", "login")}
    graph = build({**MLFLOW, **apis, "mlflow": {"scaling": {"max": 4, "requests": 20}}})
    assert graph.of(HPA) == []
    spec = graph.one(SCALED, "mlflow-mlflow-scaling").inputs["spec"]
    assert [trigger["type"] for trigger in spec["triggers"]] == ["prometheus", "cpu"]
    assert "mlflow[.]mlflow[.]svc" in spec["triggers"][0]["metadata"]["query"]


def test_a_model_without_keda_follows_cpu(build: Any) -> None:
    """Down to one copy; and one on a GPU not at all."""
    stack: dict[str, Any] = {name: {} for name in ("objects", "kserve", "cert-manager-api", "metrics-server")}
    model = {"format": "sklearn", "path": "churn/3", "max": 4}
    made = build({**stack, "models": {"models": {"churn": model}}}).one(HPA, "models-churn-copies").inputs["spec"]
    assert (made["scaleTargetRef"]["name"], made["maxReplicas"]) == ("churn-predictor", 4)
    with pytest.raises(StackError) as error:
        build({**stack, "models": {"models": {"churn": {**model, "min": 0}}}})
    assert "something that scales (keda)" in str(error.value)


@pytest.mark.parametrize(
    ("more", "mlflow", "problems"),
    [
        (
            {},
            {"replicas": 3, "scaling": {"max": 2, "requests": 20}},
            [
                "mlflow.scaling.max: 2 is less than the 3 that are always there (replicas)",
                "mlflow.scaling: nothing in this stack measures CPU; add metrics-server, or leave it out",
                "mlflow.scaling.requests: 20 need something that scales by it (keda), a mesh that counts them (istio), "
                "metrics (prometheus) in the stack",
            ],
        ),
        (
            {},
            {"sizing": "applied"},
            [
                "mlflow.sizing: 'applied', but nothing in this stack finds out sizes; add vertical-pod-autoscaler, or "
                "leave it out"
            ],
        ),
        (
            {"metrics-server": {}, "vertical-pod-autoscaler": {}},
            {"sizing": "applied"},
            [
                "mlflow: cannot apply sizes to 'Deployment/mlflow': in this stack they are advised only; set "
                "vertical-pod-autoscaler-api.apply: true"
            ],
        ),
        (
            {"metrics-server": {}, "cert-manager-api": {}, "vertical-pod-autoscaler-api": {"apply": True}},
            {"scaling": {"max": 3}, "sizing": "applied"},
            [
                "mlflow (HorizontalPodAutoscaler) and mlflow (VerticalPodAutoscaler) would both be what answers to the "
                "cpu that Deployment/mlflow in mlflow uses; scale it by something else, or let its requests be advised "
                "only"
            ],
        ),
    ],
)
def test_what_cannot_follow_is_told(build: Any, more: Any, mlflow: Any, problems: list[str]) -> None:
    """All that is wrong with a component, at once."""
    with pytest.raises(StackError) as error:
        build({**MLFLOW, **more, "mlflow": mlflow})
    assert list(error.value.problems) == problems


def test_only_what_applies_sizes_looks_at_every_pod(build: Any) -> None:
    """Advice needs no webhook and nothing that evicts."""
    advising = build({"metrics-server": {}, "vertical-pod-autoscaler": {}})
    given = advising.one(RELEASE, "vertical-pod-autoscaler").inputs["values"]
    parts = ("recommender", "updater", "admissionController")
    assert [given[part]["enabled"] for part in parts] == [True, False, False]
    api = {"metrics-server": {}, "vertical-pod-autoscaler": {}, "vertical-pod-autoscaler-api": {"apply": True}}
    given = build({**api, "cert-manager-api": {}}).one(RELEASE, "vertical-pod-autoscaler").inputs["values"]
    assert [given[part]["enabled"] for part in parts] == [True, True, True]
    with pytest.raises(StackError) as error:
        build(api)
    assert list(error.value.problems) == [
        "vertical-pod-autoscaler-api.apply: true needs a certificate for a webhook, which nothing in this stack signs; "
        "add `cert-manager`, or leave it out"
    ]


def test_what_holds_data_is_advised(everything: Graph) -> None:
    """Every server on a volume of its own, and none is changed."""
    made = {r.inputs["spec"]["targetRef"]["name"]: r.inputs["spec"]["updatePolicy"] for r in everything.of(VPA)}
    assert made == {"mlflow": {"updateMode": "Off"}, "valkey": {"updateMode": "Off"}}
