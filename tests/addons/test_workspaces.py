"""Teams' namespaces as Kubeflow's profiles: nobody owns them, the members of each share its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from addons._kubeflow_profiles import NAMESPACE_LABELS

from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, Registered, record
from tests.addons.conftest import STUBS
from tests.addons.rendering import INVENTORY
from tests.addons.stub_login import StubLogin

ROOT = Path(__file__).parents[2]
PARTS = (
    "cert-manager-api",
    "istio-api",
    "katib",
    "katib-api",
    "kubeflow-profiles",
    "kubeflow-profiles-api",
    "prometheus-api",
    "teams",
)
REGISTRY = Registry({**STUBS, "login": StubLogin, **{name: f"addons.{name.replace('-', '_')}" for name in PARTS}})
NAMESPACE = "kubernetes:core/v1:Namespace"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
MEMBERS = ("ada@example.com", "grace@example.com")


def build(*components: str, root: Path = ROOT) -> Graph:
    """Build these on a cluster, with an object store."""
    parts: dict[str, Any] = {
        name: {} for name in ("cluster", "sql", "objects", "istio-api", "prometheus-api", *components)
    }
    return record(parts, registry=REGISTRY, root=root)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Teams and profiles behind a login."""
    return build("login", "kubeflow-profiles", "teams")


def of_vision(graph: Graph, kind: str) -> list[Registered]:
    """Return what there is of a kind in the namespace of the team vision."""
    found = [r for r in graph if r.type.endswith(f":{kind}")]
    return [r for r in found if r.inputs["metadata"].get("namespace") == "team-vision"]


def deployment(chart: str, labels: dict[str, str]) -> dict[str, Any]:
    """Return the one workload of a chart whose pods have these labels."""
    made = json.loads((INVENTORY / f"{chart}-26.3.0.json").read_text(encoding="utf-8"))
    (found,) = [workload for workload in made if labels.items() <= workload.get("podLabels", {}).items()]
    one: dict[str, Any] = found
    return one


def test_a_teams_namespace_is_taken_over_not_made_again(graph: Graph) -> None:
    """The controller takes a namespace whose annotation names the Profile's owner; as this one nobody can log in."""
    profile = next(r for r in graph if r.name == "teams-team-vision-profile")
    owner = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "team-vision"}
    # No quota either: the team's own stays the only one.
    assert profile.inputs["spec"] == {"owner": owner}
    assert profile.inputs["metadata"]["name"] == "team-vision"
    namespace = graph.one(NAMESPACE, "teams-team-vision")
    assert namespace.inputs["metadata"]["annotations"] == {"owner": "team-vision"}
    assert [r.name for r in graph.of(NAMESPACE) if r.inputs["metadata"]["name"] == "team-vision"] == [namespace.name]
    assert len(of_vision(graph, "ResourceQuota")) == 1
    chart = next(r for r in graph if r.inputs.get("chart") == "kubeflow-profiles")
    assert {namespace.urn, chart.urn} <= graph.before(profile)


def test_the_controller_finds_every_label_and_changes_none(graph: Graph) -> None:
    """It adds those that are missing, which would be two owners of one object; and policies by header need sidecars."""
    labels = graph.one(NAMESPACE, "teams-team-vision").inputs["metadata"]["labels"]
    assert NAMESPACE_LABELS.items() <= labels.items()
    assert (labels["istio-injection"], labels["istio.io/dataplane-mode"]) == ("enabled", "none")
    assert labels["groundwork.example/team"] == "vision"


def test_members_share_it_as_contributors(graph: Graph) -> None:
    """What KFAM makes: by these annotations the dashboard finds a person's namespaces, by the policy he gets in."""
    bindings = {r.inputs["metadata"]["name"]: r.inputs for r in of_vision(graph, "RoleBinding")}
    policies = {r.inputs["metadata"]["name"]: r.inputs for r in of_vision(graph, "AuthorizationPolicy")}
    gateway = "cluster.local/ns/istio-ingress/sa/istio-ingress"
    assert set(bindings) == {"members", *(f"user-{m.split('@')[0]}-example-com-clusterrole-edit" for m in MEMBERS)}
    for member in MEMBERS:
        name = f"user-{member.split('@')[0]}-example-com-clusterrole-edit"
        for made in (bindings[name], policies[name]):
            assert made["metadata"]["annotations"] == {"user": member, "role": "edit"}
        assert bindings[name]["roleRef"]["name"] == "kubeflow-edit"
        assert [subject["name"] for subject in bindings[name]["subjects"]] == [member]
        assert policies[name]["spec"]["rules"] == [
            {
                "from": [{"source": {"principals": [gateway]}}],
                "when": [{"key": "request.headers[x-auth-request-email]", "values": [member]}],
            }
        ]


def test_the_closed_network_lets_in_who_has_to(graph: Graph) -> None:
    """The gateway, who stops idle notebooks, and the way to what gives sidecars their certificates."""
    policy = next(r for r in graph if r.name == "teams-team-vision-workspace").inputs["spec"]
    gateway, culler = policy["ingress"][0]["from"]
    assert gateway == {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "istio-ingress"}}}
    assert culler["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kubeflow"}
    # Steps of everybody's pipelines run in that namespace too.
    controller = deployment("kubeflow-notebooks", culler["podSelector"]["matchLabels"])
    assert controller["name"] == "notebook-controller-deployment"
    (way,) = policy["egress"]
    assert (way["to"][0]["podSelector"], way["ports"][0]["port"]) == ({"matchLabels": {"app": "istiod"}}, 15012)


def test_what_people_start_reaches_the_teams_buckets(graph: Graph) -> None:
    marker = graph.one("test:index:Marker", "teams-vision-datasets-bucket")
    assert marker.inputs["readerWriters"] == ["team-vision/team", "team-vision/default-editor"]


def test_experiments_run_in_a_teams_namespace() -> None:
    """Trials tell Katib their measurements, and its controller asks the experiment's own pods what to try next."""
    graph = build("cert-manager-api", "katib", "teams")
    policy = next(r for r in graph if r.name == "teams-team-vision-katib-way").inputs["spec"]
    (caller,), (server,) = policy["ingress"][0]["from"], policy["egress"][0]["to"]
    assert [port["port"] for port in policy["ingress"][0]["ports"]] == [6789, 6788, 15008]
    assert [port["port"] for port in policy["egress"][0]["ports"]] == [6789, 15008]
    for peer, name in ((caller, "katib-controller"), (server, "katib-db-manager")):
        assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "katib"}
        assert deployment("katib", peer["podSelector"]["matchLabels"])["name"] == name
    allowed = next(r for r in graph if r.name == "teams-katib-team-vision-allowed").inputs["spec"]["rules"]
    account = deployment("katib", caller["podSelector"]["matchLabels"])["serviceAccountName"]
    assert allowed[0]["from"] == [{"source": {"principals": [f"cluster.local/ns/katib/sa/{account}"]}}]


def test_without_profiles_a_team_is_as_it_was() -> None:
    """Restricted, and in the mesh as everything else is."""
    metadata = build("teams").one(NAMESPACE, "teams-team-vision").inputs["metadata"]
    assert "annotations" not in metadata
    assert metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "istio-injection" not in metadata["labels"]


def test_members_who_cannot_be_told_apart_are_told(tmp_path: Path) -> None:
    """KFAM names what it makes for a person by his address, and has one sign for all that is no letter or digit."""
    for name in ("platform", "Pulumi.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "stacks" / "teams").mkdir(parents=True)
    text = "name: vision\nmembers: [a.b@example.com, a-b@example.com]\n"
    (tmp_path / "stacks" / "teams" / "vision.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StackError) as error:
        build("kubeflow-profiles", "teams", root=tmp_path)
    assert error.value.problems == (
        "teams: team-vision: a-b@example.com and a.b@example.com have one name among Kubeflow's contributors",
    )
