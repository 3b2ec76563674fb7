"""Models that are served: what KServe, mesh and KEDA are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.addons.conftest import AVAILABLE, STUBS

STACK: dict[str, Any] = {
    "objects": {},
    "pools": {},
    "nvidia-device-plugin": {},
    "kserve": {},
    "cert-manager-api": {},
    "istio-api": {},
    "login": {},
    "keda-api": {},
    "prometheus-api": {},
}
CHURN = {"format": "sklearn", "path": "churn/3"}
CHAT = {
    "format": "huggingface",
    "uri": "hf://Qwen/Qwen3-4B",
    "accelerator": "nvidia-l4",
    "min": 0,
    "max": 2,
    "memory": "24Gi",
    "canary": {"uri": "hf://Qwen/Qwen3-8B", "percent": 10},
}


@pytest.fixture(scope="module")
def graph(build: Any) -> Graph:
    """One model on CPUs, and one on a GPU that pauses and has a canary."""
    made: Graph = build({**STACK, "models": {"models": {"churn": CHURN, "chat": CHAT}}})
    return made


def model(graph: Graph, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        r.inputs for r in graph if r.type.endswith(":InferenceService") and r.inputs["metadata"]["name"] == name
    )
    return found


def spec(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        r.inputs["spec"] for r in graph if r.type.endswith(f":{kind}") and r.inputs["metadata"]["name"] == name
    )
    return found


def test_a_model_of_the_platforms_bucket_is_read_by_its_own_account(graph: Graph) -> None:
    """The account that its pods have is the one that the bucket lets in."""
    predictor = model(graph, "churn")["spec"]["predictor"]
    assert predictor["model"]["storageUri"] == "s3://test-models/churn/3"
    assert predictor["model"]["runtime"] == "kserve-sklearnserver"
    bucket = graph.one("test:index:Marker", "models-models-bucket")
    assert bucket.inputs["readerWriters"] == [f"models/{predictor['serviceAccountName']}"]
    assert model(graph, "churn")["metadata"]["annotations"] == {
        "serving.kserve.io/deploymentMode": "Standard",
        "serving.kserve.io/autoscalerClass": "none",
    }


def test_a_model_on_a_gpu_lands_where_one_is(graph: Graph) -> None:
    """Selector, toleration and resource come from the contract; KServe cannot guess the image for a slice of a GPU."""
    predictor = model(graph, "chat")["spec"]["predictor"]
    assert predictor["nodeSelector"] == {"groundwork.example/pool": "gpu"}
    assert [t["key"] for t in predictor["tolerations"]] == ["nvidia.com/gpu"]
    for kind in ("requests", "limits"):
        assert predictor["model"]["resources"][kind]["nvidia.com/gpu"] == "1"
    assert predictor["model"]["runtimeVersion"] == "v0.20.0-gpu"


def test_a_paused_model_is_woken_by_the_requests_that_the_gateway_counts(graph: Graph) -> None:
    """The CPU of copies that are not there wakes nobody."""
    scaled = spec(graph, "ScaledObject", "chat")
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"], scaled["cooldownPeriod"]) == (0, 2, 900)
    assert scaled["scaleTargetRef"]["name"] == "chat-predictor"
    (trigger,) = scaled["triggers"]
    assert trigger["type"] == "prometheus"
    assert trigger["metadata"] == {
        "serverAddress": "http://prometheus-operated.monitoring.svc.cluster.local:9090",
        "query": 'sum(rate(istio_requests_total{reporter="source",destination_service=~'
        '"chat-model[.]models[.]svc[.]cluster[.]local"}[2m]))',
        "threshold": "5",
    }
    assert model(graph, "chat")["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "external"


def test_a_canary_gets_its_share_at_the_gateway(graph: Graph) -> None:
    """KServe makes its pods in Standard mode, and routes nothing to them."""
    route = spec(graph, "VirtualService", "chat-models")["http"][0]["route"]
    assert {r["destination"]["host"].partition(".")[0]: r["weight"] for r in route} == {
        "chat-model": 90,
        "chat-canary-model": 10,
    }
    assert {r["destination"]["port"]["number"] for r in route} == {8080}
    service = spec(graph, "Service", "chat-canary-model")
    assert service["selector"] == {"app": "isvc.chat-canary-predictor"}
    (canary,) = model(graph, "chat")["spec"]["canary"]
    assert (canary["predictor"]["name"], canary["predictor"]["model"]["name"]) == ("canary", "kserve-container")
    assert canary["predictor"]["model"]["storageUri"] == "hf://Qwen/Qwen3-8B"


def test_models_come_after_what_checks_and_serves_them(graph: Graph) -> None:
    """KServe's webhook refuses a model whose server is not there."""
    made = graph.one("kubernetes:serving.kserve.io/v1beta1:InferenceService", "models-chat-model")
    before = graph.before(made)
    for name in ("kserve", "kserve-kserve-runtimes"):
        assert graph.one("kubernetes:helm.sh/v3:Release", name).urn in before


def test_a_store_with_keys_is_read_with_its_secret(build: Any) -> None:
    """The Secret's name is enough: KServe knows the address from its own settings."""
    stack = {**STACK, "objects": {"credentials": True}, "kserve": {"s3Endpoint": "http://store:9000"}}
    made = build({**stack, "models": {"models": {"churn": CHURN}}})
    assert model(made, "churn")["metadata"]["annotations"]["serving.kserve.io/secretName"] == "models-keys"
    values = made.one("kubernetes:helm.sh/v3:Release", "kserve").inputs["values"]["kserve"]["storage"]
    assert values == {"s3": {"endpoint": "store:9000", "useHttps": "0", "verifySSL": "0"}}


def test_a_server_that_is_built_for_gpus_of_nvidia_gets_no_other_device() -> None:
    taint = {"key": "aws.amazon.com/neuron", "value": "present", "effect": "NoSchedule"}
    pool = {"accelerator": "aws-inferentia2", "resource": "aws.amazon.com/neuron", "taints": [taint]}
    served = {"use": {"accelerators": "neuron"}, "models": {"m": {**CHAT, "accelerator": "aws-inferentia2"}}}
    stack = {"cluster": {}, **STACK, "pools": {"more": {"inference": pool}}, "neuron": {}, "models": served}
    registry = Registry({**STUBS, **AVAILABLE, "neuron": "addons.neuron"})
    with pytest.raises(StackError) as error:
        record(stack, registry=registry)
    assert error.value.problems == (
        "models: model 'm': the server for huggingface is built for GPUs of NVIDIA, and this accelerator is "
        "aws.amazon.com/neuron",
    )


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"min": 3, "max": 2},
            ["models: model 'm': min is 3, and max 2: 0 ≤ min ≤ max, and max is 1 at least"],
        ),
        (
            {"canary": {"path": "m/4", "percent": 101}, "format": "sklaern"},
            [
                "models: model 'm': no server for the format 'sklaern'; did you mean 'sklearn'? valid: huggingface, "
                "lightgbm, mlflow, sklearn, triton, xgboost",
                "models: model 'm': canary.percent is 101: 0 to 100",
            ],
        ),
        (
            {"accelerator": "gpu"},
            ["models: model 'm': the server for sklearn uses no accelerator; those for huggingface, triton do"],
        ),
        (
            {"accelerator": "gpu", "accelerators": 2, "format": "triton"},
            ["models: model 'm': 2 of 'gpu': a node of gpu has 1 nvidia.com/gpu"],
        ),
        (
            {"accelerator": "nvidia-h100"},
            [
                "models: model 'm': no accelerator 'nvidia-h100'; did you mean 'nvidia-l4'? valid: gpu, nvidia-l4",
            ],
        ),
        (
            {"path": None, "uri": "models:/churn@champion"},
            [
                "models: model 'm': 'models:/churn@champion' is MLflow's word, which KServe does not know; give the "
                "s3:// URI of its files"
            ],
        ),
        (
            {"path": None, "uri": "ftp://host/m"},
            [
                "models: model 'm': 'ftp://host/m' is no place of a model; it begins with one of gs://, hf://, "
                "https://, oci://, pvc://, s3://"
            ],
        ),
    ],
)
def test_what_cannot_be_served_is_told(build: Any, changes: dict[str, Any], problems: list[str]) -> None:
    """Each message names the model, the value and what would be valid."""
    with pytest.raises(StackError) as error:
        build({**STACK, "models": {"models": {"m": {**CHURN, **changes}}}})
    assert list(error.value.problems) == problems


@pytest.mark.parametrize(
    ("without", "settings", "problem"),
    [
        (
            ("keda-api", "istio-api", "prometheus-api"),
            {"min": 0, "max": 2},
            "models: model 'm': min 0 and max 2 need something that scales (keda), a mesh that counts requests "
            "(istio), metrics (prometheus) in the stack",
        ),
        (
            ("istio-api",),
            {"canary": {"path": "m/4", "percent": 5}},
            "models: model 'm': a canary needs a mesh (istio) in the stack: the gateway weighs its requests",
        ),
        (
            ("nvidia-device-plugin",),
            {"format": "triton", "accelerator": "gpu"},
            "models: model 'm': an accelerator needs what makes it known: add nvidia-device-plugin or gpu-operator to "
            "the stack",
        ),
        (("objects",), {}, "models: model 'm': path needs an object store in the stack (s3, minio)"),
    ],
)
def test_what_a_model_misses_is_told(build: Any, without: tuple[str, ...], settings: Any, problem: str) -> None:
    """A model that would never be woken, or whose canary would get nothing, is no model."""
    # A login brings the mesh along.
    without = (*without, "login") if "istio-api" in without else without
    stack = {name: config for name, config in STACK.items() if name not in without}
    with pytest.raises(StackError) as error:
        build({**stack, "models": {"models": {"m": {**CHURN, **settings}}}})
    assert list(error.value.problems) == [problem]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"kserve": {"mode": "serverles"}},
            "kserve.mode: 'serverles' is no mode of KServe; valid: knative, standard",
        ),
        ({"kserve": {"formats": ["sklaern"]}}, "kserve.formats: no server for 'sklaern'; did you mean 'sklearn'?"),
        (
            {"objects": {"credentials": True}},
            "models: model 'm': its store is http://store:9000, which KServe was not told; set kserve.s3Endpoint to it",
        ),
        (
            {"models": {"models": {"m": {**CHURN, "uri": "s3://b/m"}}}},
            "models.models.m: a version is in one place: give either uri or path",
        ),
        (
            {"models": {"models": {"M": CHURN}}},
            "models: model 'M': this is no name for a model: lower case letters, digits, hyphens; 40 at most",
        ),
    ],
)
def test_what_cannot_be_set_is_told(build: Any, changes: dict[str, Any], problem: str) -> None:
    """Also what the two components together cannot be."""
    with pytest.raises(StackError) as error:
        build({**STACK, "models": {"models": {"m": CHURN}}, **changes})
    assert problem in str(error.value)
