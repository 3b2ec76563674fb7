"""Kubeflow's parts: what each is made of, who gets in, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph, Registered, record
from tests.addons.rendering import INVENTORY, release
from tests.addons.stub_login import REGISTRY

STORES: dict[str, Any] = {"cluster": {}, "sql": {}, "objects": {}}
PARTS = ("katib", "kubeflow", "kubeflow-dashboard", "kubeflow-pod-defaults", "kubeflow-profiles", "model-registry")
RELEASE = "kubernetes:helm.sh/v3:Release"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


def stack(components: dict[str, Any], environment: str = "dev") -> Graph:
    """Build these beside a cluster, a database and an object store."""
    return record({**STORES, **components}, environment=environment, registry=REGISTRY)


@pytest.fixture(scope="module")
def whole() -> Graph:
    """All parts behind a login, with a certificate authority, in production."""
    more = ("istio-api", "cert-manager-api", "pools", "kubeflow-trainer", "argo-workflows", "test-login")
    profile = {"owner": "ada@example.com", "quota": {"gpus": 1}}
    components: dict[str, Any] = {name: {} for name in (*PARTS, *more)}
    return stack({**components, "kubeflow-profiles": {"profiles": {"ml-ada": profile}}}, "prod")


def values(graph: Graph, chart: str) -> dict[str, Any]:
    """Return the values of a chart's release."""
    found: dict[str, Any] = release(graph, chart)["values"]
    return found


def custom(graph: Graph, kind: str) -> list[Registered]:
    """Return the custom resources of a kind."""
    return [r for r in graph if r.inputs.get("kind") == kind and r.type.endswith(f":{kind}")]


@pytest.mark.parametrize(
    ("part", "kinds"),
    [
        ("katib", {"experiments.kubeflow.org", "suggestions.kubeflow.org", "trials.kubeflow.org"}),
        ("kubeflow-pod-defaults", {"poddefaults.kubeflow.org"}),
        (
            "kubeflow-trainer",
            {
                "clustertrainingruntimes.trainer.kubeflow.org",
                "jobsets.jobset.x-k8s.io",
                "trainingruntimes.trainer.kubeflow.org",
                "trainjobs.trainer.kubeflow.org",
            },
        ),
        ("model-registry", set()),
    ],
)
def test_a_part_brings_its_own_kinds_and_no_others(part: str, kinds: set[str]) -> None:
    """One line switches a part on, and whoever leaves it out does not carry its CRDs."""
    graph = stack({part: {}, "cert-manager-api": {}})
    found = {crd.inputs["metadata"]["name"] for crd in graph.of(CRD)}
    assert {name for name in found if "cert-manager" not in name} == kinds


def test_pages_that_believe_a_header_are_exposed_behind_the_login_only(whole: Graph) -> None:
    """Each has a host of its own, and a Service whose port is the pods' own, which is what the mesh closes."""
    routes = {r.inputs["metadata"]["name"]: r.inputs["spec"] for r in custom(whole, "VirtualService")}
    assert set(routes) == {"argo-workflows", "katib", "kubeflow", "notebooks", "pipelines"}
    without = stack({**{part: {} for part in PARTS}, "istio-api": {}, "cert-manager-api": {}})
    assert not custom(without, "VirtualService")
    assert not [r for r in without if r.name.endswith("-page")]
    for name, port in (("katib", 8080), ("kubeflow", 8082), ("notebooks", 5000), ("pipelines", 3000)):
        service = next(r for r in whole if r.name.endswith(f"-{name}-page")).inputs
        assert service["spec"]["ports"] == [{"name": "http", "port": port, "targetPort": port}]
        destination = routes[name]["http"][0]["route"][0]["destination"]
        assert destination["port"] == {"number": port}
        assert destination["host"].startswith(f"{service['metadata']['name']}.{service['metadata']['namespace']}.")


def test_a_pages_service_selects_pods_of_its_chart(whole: Graph) -> None:
    """Its labels are those that upstream gives the Deployment's pods."""
    for chart, page in (
        ("katib", "katib"),
        ("kubeflow-dashboard", "kubeflow"),
        ("kubeflow-notebooks", "notebooks"),
        ("kubeflow-pipelines", "pipelines"),
    ):
        selector = next(r for r in whole if r.name.endswith(f"-{page}-page")).inputs["spec"]["selector"]
        assert selected(chart, release(whole, chart)["version"], selector) == 1


def selected(chart: str, version: str, selector: dict[str, str]) -> int:
    """Return how many workloads of a chart have pods with these labels."""
    inventory = json.loads((INVENTORY / f"{chart}-{version}.json").read_text(encoding="utf-8"))
    return sum(selector.items() <= made.get("podLabels", {}).items() for made in inventory)


def test_a_disruption_budget_is_over_pods_that_there_are(whole: Graph) -> None:
    """Two copies of what answers requests, and one of them at a time may go."""
    budgets = {r.name: r.inputs for r in whole if r.type.endswith(":PodDisruptionBudget")}
    assert len(budgets) == 10
    charts = {r.inputs["namespace"]: r.inputs for r in whole.of(RELEASE) if r.inputs["chart"] != "kubeflow-notebooks"}
    for name, budget in budgets.items():
        chart = charts[budget["metadata"]["namespace"]]
        labels = budget["spec"]["selector"]["matchLabels"]
        assert selected(chart["chart"].rpartition("/")[2], chart["version"], labels) == 1, name
        assert budget["spec"]["maxUnavailable"] == 1
    single = stack({"katib": {}, "kubeflow": {}, "cert-manager-api": {}})
    assert not [r for r in single if r.type.endswith(":PodDisruptionBudget")]


def test_every_part_looks_for_the_logins_header(whole: Graph) -> None:
    """What one part took from another header, anybody could say himself."""
    for chart in ("katib", "kubeflow-dashboard", "kubeflow-notebooks", "kubeflow-profiles"):
        assert values(whole, chart)["login"]["header"] == "x-auth-request-email"
    assert values(whole, "katib")["login"]["enabled"] is True


def test_runs_are_in_a_mysql_that_only_the_api_server_reaches(whole: Graph) -> None:
    """Its queries are MySQL's whatever driver it is told; the password is made once, and kept with the volume."""
    assert values(whole, "kubeflow-pipelines")["database"] == {
        "pipelines": {"secret": "kubeflow-mysql"},
        "metadata": {"secret": "kubeflow-metadata-database"},
    }
    secret = whole.one("kubernetes:core/v1:Secret", "kubeflow-mysql-access").inputs["stringData"]
    secret = secret.get("value", secret)
    assert set(secret) == {"host", "port", "database", "username", "password", "root-password"}
    assert secret["host"] == "kubeflow-mysql.kubeflow.svc.cluster.local"
    assert secret["password"] != secret["root-password"]
    server = whole.one("kubernetes:apps/v1:StatefulSet", "kubeflow-mysql-server")
    assert server.protect
    assert secret["password"] not in str(server.inputs)
    policy = whole.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "kubeflow-mysql-closed").inputs["spec"]
    assert policy["podSelector"] == server.inputs["spec"]["selector"]
    (caller,) = policy["ingress"][0]["from"]
    assert caller == {
        "podSelector": {"matchLabels": {"app": "ml-pipeline", "application-crd-id": "kubeflow-pipelines"}}
    }


def test_notebooks_get_a_way_in_only_behind_the_login(whole: Graph) -> None:
    """A notebook is a shell; and without a mesh the kind of its route is not there."""
    notebooks = values(whole, "kubeflow-notebooks")
    assert notebooks["gateway"] == "istio-ingress/istio-ingress"
    assert notebooks["host"] == "notebooks.platform.internal"
    assert notebooks["page"]["secureCookies"] is True
    assert notebooks["culling"] == {"enabled": True, "idleMinutes": 720}
    assert values(stack({"kubeflow": {}, "istio-api": {}}), "kubeflow-notebooks")["gateway"] == ""


def test_only_the_dashboard_reaches_the_api_of_profiles(whole: Graph) -> None:
    """Whoever reaches it can say that he is anybody, and give himself rights."""
    policy = whole.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "kubeflow-profiles-api-closed").inputs["spec"]
    names = {"matchLabels": {"kubernetes.io/metadata.name": release(whole, "kubeflow-dashboard")["namespace"]}}
    # Beside its own port that of the mesh, behind which callers are told apart.
    ports = [{"protocol": "TCP", "port": port} for port in (8081, 15008)]
    assert policy["ingress"] == [{"from": [{"namespaceSelector": names}], "ports": ports}]
    assert selected("kubeflow-profiles", "26.3.0", policy["podSelector"]["matchLabels"]) == 1
    host = values(whole, "kubeflow-dashboard")["profiles"]["host"]
    assert host == "profiles-kfam.kubeflow-profiles.svc.cluster.local"


def test_the_dashboard_leads_to_what_is_exposed(whole: Graph) -> None:
    """Its menu has a page for each part of the stack that has one, and none for what is not there."""
    menu = json.loads(values(whole, "kubeflow-dashboard")["links"])["externalLinks"]
    assert {entry["text"]: entry["link"] for entry in menu} == {
        "Notebooks": "https://notebooks.platform.internal",
        "Pipelines": "https://pipelines.platform.internal",
        "Katib experiments": "https://katib.platform.internal/katib/",
        "Workflows": "https://argo-workflows.platform.internal",
    }


def test_a_profile_has_its_owner_and_its_quota(whole: Graph) -> None:
    """It is made after the controller, and protected: with it goes its namespace."""
    profile = custom(whole, "Profile")[0]
    assert profile.inputs["metadata"]["name"] == "ml-ada"
    assert profile.inputs["spec"]["owner"]["name"] == "ada@example.com"
    assert profile.inputs["spec"]["resourceQuotaSpec"]["hard"]["requests.nvidia.com/gpu"] == "1"
    assert profile.protect
    chart = next(r for r in whole.of(RELEASE) if r.inputs["chart"] == "kubeflow-profiles")
    assert chart.urn in whole.before(profile)


def test_webhooks_have_certificates_for_their_services(whole: Graph) -> None:
    """The API server calls them by these names, and believes who signed them."""
    asked = {r.inputs["metadata"]["namespace"]: r.inputs["spec"] for r in custom(whole, "Certificate")}
    for chart, service in (("katib", "katib-controller"), ("kubeflow-pod-defaults", "admission-webhook-service")):
        webhook = values(whole, chart)["webhook"]
        assert f"{service}.{chart}.svc" in asked[chart]["dnsNames"]
        assert webhook["secret"] == asked[chart]["secretName"]
        certificate = next(r for r in custom(whole, "Certificate") if r.inputs["spec"] == asked[chart])
        assert webhook["certificate"] == certificate.inputs["metadata"]["name"]


def test_nothing_of_kubeflow_has_a_password_that_everybody_knows() -> None:
    """Upstream's Secrets for MinIO, MySQL and PostgreSQL, and those servers, are in none of the charts.

    Knative's are empty: its webhooks put certificates into them that they make themselves.
    """
    for path in sorted(INVENTORY.glob("*-26.3.0.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        secrets = [made["name"] for made in found if made["kind"] == "Secret" and made.get("keys")]
        assert not secrets, path.name
        assert not [made["name"] for made in found if made["kind"] == "PersistentVolumeClaim"], path.name
        images = [container["image"] for made in found for container in made.get("containers", ())]
        assert not [i for i in images if any(word in i for word in ("mysql", "postgres", "minio", "seaweedfs"))]


def test_whoever_may_edit_a_namespace_may_run_training_jobs_in_it(whole: Graph) -> None:
    """The chart has no role for users; this one becomes a part of `edit`, which members of teams have."""
    role = whole.one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "kubeflow-trainer-members").inputs
    assert role["metadata"]["labels"] == {
        "rbac.authorization.k8s.io/aggregate-to-admin": "true",
        "rbac.authorization.k8s.io/aggregate-to-edit": "true",
        "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit": "true",
    }
    jobs, runtimes = role["rules"]
    assert jobs["resources"] == ["trainjobs"]
    assert {"create", "delete", "get", "list", "watch"} <= set(jobs["verbs"])
    assert runtimes["verbs"] == ["get", "list", "watch"]


def test_a_runtime_for_each_pool_with_gpus(whole: Graph) -> None:
    """`torch-distributed` anywhere, and one that lands on the pool's nodes and takes all GPUs of each."""
    runtimes = {r.inputs["metadata"]["name"]: r for r in custom(whole, "ClusterTrainingRuntime")}
    assert set(runtimes) == {"torch-distributed", "torch-distributed-gpu"}
    assert whole.outputs["kubeflow-trainer.runtimes"] == tuple(runtimes)
    job = runtimes["torch-distributed-gpu"].inputs["spec"]["template"]["spec"]["replicatedJobs"][0]
    pod = job["template"]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"groundwork.example/pool": "gpu"}
    assert [toleration["key"] for toleration in pod["tolerations"]] == ["nvidia.com/gpu"]
    assert pod["containers"][0]["resources"]["limits"] == {"memory": "8Gi", "nvidia.com/gpu": "1"}
    # They call one another by address, which a sidecar refuses.
    assert job["template"]["spec"]["template"]["metadata"]["labels"] == {"sidecar.istio.io/inject": "false"}
    chart = next(r for r in whole.of(RELEASE) if r.inputs["chart"].endswith("kubeflow-trainer"))
    assert all(chart.urn in whole.before(found) for found in runtimes.values())


@pytest.mark.parametrize(
    ("pool", "asked"),
    [
        ({"accelerators": 8}, {"nvidia.com/gpu": "8"}),
        (
            {"accelerators": 8, "sharing": "timeSlicing", "slices": 4, "resource": "nvidia.com/gpu.shared"},
            {"nvidia.com/gpu.shared": "1"},
        ),
        (
            {"accelerators": 8, "sharing": "mig", "slices": 7, "resource": "nvidia.com/mig-1g.10gb"},
            {"nvidia.com/mig-1g.10gb": "1"},
        ),
        ({"accelerators": 1, "accelerator": "aws-inferentia2", "resource": "aws.amazon.com/neuron"}, None),
    ],
)
def test_a_runtime_asks_for_what_a_node_gives(pool: dict[str, Any], asked: dict[str, str] | None) -> None:
    """The device plugin refuses a second slice of a GPU, and the image of torch knows no other accelerators."""
    graph = stack({"pools": {"gpu": pool}, "kubeflow-trainer": {}})
    runtimes = {r.inputs["metadata"]["name"]: r.inputs["spec"] for r in custom(graph, "ClusterTrainingRuntime")}
    if asked is None:
        assert set(runtimes) == {"torch-distributed"}
        return
    job = runtimes["torch-distributed-gpu"]["template"]["spec"]["replicatedJobs"][0]
    limits = job["template"]["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert {name: count for name, count in limits.items() if name != "memory"} == asked


SHARED = {"accelerators": 4, "sharing": "timeSlicing", "slices": 4, "resource": "nvidia.com/gpu.shared"}
CUT = {"accelerators": 1, "sharing": "mig", "slices": 7, "resource": "nvidia.com/mig-1g.10gb"}


def test_what_a_pod_may_have_of_shared_gpus_is_told_and_of_cut_ones_counted() -> None:
    pools = {"pools": {"gpu": SHARED, "more": {"cut": CUT}}}
    wanted = {"shared": {"pool": "gpu", "gpus": 2}, "many": {"pool": "cut", "gpus": 8}}
    with pytest.raises(StackError) as error:
        stack({**pools, "kubeflow-trainer": {"runtimes": wanted}})
    assert str(error.value) == (
        "- kubeflow-trainer.runtimes.shared.gpus: 2, but pods of the pool 'gpu' share a GPU, and a second slice of it "
        "gives no more: ask for 1\n"
        "- kubeflow-trainer.runtimes.many.gpus: 8, but a node of the pool 'cut' has 7"
    )
    stack({**pools, "kubeflow-trainer": {"runtimes": {"some": {"pool": "cut", "gpus": 7}}}})


def test_katib_starts_after_trainer(whole: Graph) -> None:
    """It looks once, when it starts, whether a trial can be a TrainJob."""
    katib = next(r for r in whole.of(RELEASE) if r.inputs["chart"] == "katib")
    trainer = next(r for r in whole.of(RELEASE) if r.inputs["chart"].endswith("kubeflow-trainer"))
    assert trainer.urn in whole.before(katib)


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ({"katib": {"replicas": 0}}, "katib.replicas: must be more than 0 (got 0)"),
        ({"kubeflow-dashboard": {}}, "kubeflow-dashboard requires a Profiles: add kubeflow-profiles to this stack"),
        (
            {"kubeflow-profiles": {"profiles": {"ml": {"owner": "ada"}}}},
            "kubeflow-profiles.profiles.ml.owner: 'ada' is no e-mail address",
        ),
        (
            {
                "kubeflow-profiles": {
                    "profiles": {name: {"owner": "a@b.example"} for name in ("Ada", "kubeflow-x", "team-vision")}
                }
            },
            "- kubeflow-profiles.profiles.Ada: 'Ada' is no name for a namespace: lower case letters, digits, hyphens\n"
            "- kubeflow-profiles.profiles.kubeflow-x: 'kubeflow-x' is a namespace of the platform's own; take another\n"
            "- kubeflow-profiles.profiles.team-vision: 'team-vision' is the namespace of a team of that name; take "
            "another",
        ),
        (
            {"pools": {}, "kubeflow-trainer": {"runtimes": {"a": {"pool": "gqu"}, "b": {"pool": "gpu", "gpus": 2}}}},
            "- kubeflow-trainer.runtimes.a.pool: no pool 'gqu'; did you mean 'gpu'? valid: default, gpu\n"
            "- kubeflow-trainer.runtimes.b.gpus: 2, but a node of the pool 'gpu' has 1",
        ),
        (
            {"kubeflow-trainer": {"runtimes": {"a": {"pool": "gpu"}, "B": {"gpus": 1}, "c": {"framework": "jax"}}}},
            "- kubeflow-trainer.runtimes.a.pool: 'gpu', but this stack has no pools; leave it out\n"
            "- kubeflow-trainer.runtimes.B: 'B' is no name for a runtime: lower case letters, digits, hyphens\n"
            "- kubeflow-trainer.runtimes.B.gpus: 1, but no pool: say which pool has them\n"
            "- kubeflow-trainer.runtimes.c.image: is missing: there is an image of the platform's own only for torch",
        ),
        (
            {"kubeflow-trainer": {"runtimes": {"a": {"framework": "keras"}}}},
            "kubeflow-trainer.runtimes.a.framework: must be 'jax', 'torch' or 'xgboost' (got 'keras')",
        ),
    ],
)
def test_bad_input_is_told(components: dict[str, Any], message: str) -> None:
    """All of a component's problems at once, each with its key, its value and what would be valid."""
    with pytest.raises(StackError) as error:
        stack(components)
    assert message in str(error.value)
