"""Building a chart of a kustomization: by real git and kubectl, from repositories of the test's own."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundwork.core.catalogue import Chart
from groundwork.core.errors import StackError
from groundwork.mirror.archive import pack
from groundwork.mirror.build import build
from groundwork.mirror.errors import MirrorError
from groundwork.mirror.recipe import Recipe, read_recipe
from groundwork.mirror.templating import templates
from groundwork.mirror.tools import Programs

MAIN, BASE = "https://git.invalid/team/parts", "https://git.invalid/team/base"
ENTRY = Chart(chart="parts", version="1.0.0", app_version="7", licence="Apache-2.0")
OBJECTS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: parts}
data:
  mode: fast
  format: "{{workflow.name}}"
  server: database.parts:5432
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: server, namespace: parts}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: server}
subjects: [{kind: ServiceAccount, name: server, namespace: parts}]
---
apiVersion: v1
kind: Secret
metadata: {name: known, namespace: parts}
stringData: {password: password}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: server, namespace: parts}
spec:
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      containers:
        - name: server
          image: example.com/server:1
          env: [{name: KEY, value: old}, {name: LEVEL, value: "1"}]
"""
EDITS: list[dict[str, Any]] = [
    {"object": "ConfigMap/settings", "at": ["data", "mode"], "to": "{{ .Values.mode }}"},
    {"object": "ConfigMap/settings", "at": ["data", "server"], "to": "{{ .Values.server }}"},
    {
        "object": "Deployment/server",
        "at": ["spec", "template", "spec", "containers", "server", "env", "KEY"],
        "to": {"valueFrom": {"secretKeyRef": {"name": "{{ .Values.secret }}", "key": "key"}}},
        "when": ".Values.secret",
    },
]


def repository(folder: Path, **files: str) -> str:
    """Make a git repository with a tag; return its commit."""
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    git = ["git", "-C", str(folder), "-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "parts"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def local(tmp_path: Path, programs: Programs) -> tuple[Programs, dict[str, Any]]:
    """Return programs that know both repositories, and the recipe: one kustomization names the other by its address."""
    repository(tmp_path / "base", kustomization="resources: [deployment.yaml]", deployment=DEPLOYMENT)
    kustomization = f"resources: [objects.yaml, '{BASE}?ref=v1']"
    commit = repository(tmp_path / "parts", kustomization=kustomization, objects=OBJECTS)
    recipe = {
        "repository": MAIN,
        "ref": "v1",
        "commit": commit,
        "folders": ["."],
        "namespace": "parts",
        "leaveOut": ["Secret/*"],
        "values": {"mode": "slow", "server": "", "secret": None},
        "edits": EDITS,
    }
    return replace(programs, local={MAIN: tmp_path / "parts", BASE: tmp_path / "base"}), recipe


def rendered(archive: Path, programs: Programs, values: str) -> dict[str, Any]:
    command: list[str | Path] = [
        programs.helm,
        "template",
        "demo",
        archive,
        "--namespace",
        "elsewhere",
        "--values",
        "-",
    ]
    done = subprocess.run(command, input=values, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {made["kind"]: made for made in yaml.safe_load_all(done.stdout) if made}


def test_a_kustomization_becomes_a_chart_with_values(local: tuple[Programs, dict[str, Any]], tmp_path: Path) -> None:
    programs, recipe = local
    archive = tmp_path / "parts-1.0.0.tgz"
    archive.write_bytes(build(ENTRY, Recipe.model_validate(recipe), programs))
    workload = {"replicas": 3, "resources": {"limits": {"memory": "1Gi"}}, "tolerations": [{"operator": "Exists"}]}
    values = {"server": "db:1", "secret": "keys", "workloads": {"server": workload}}
    made = rendered(archive, programs, yaml.safe_dump(values))
    assert set(made) == {"ConfigMap", "RoleBinding", "Deployment"}, "no CRD, and no password that everybody knows"
    assert made["ConfigMap"]["data"] == {"mode": "slow", "format": "{{workflow.name}}", "server": "db:1"}
    assert {each["metadata"]["namespace"] for each in made.values()} == {"elsewhere"}
    assert made["RoleBinding"]["subjects"][0]["namespace"] == "elsewhere"
    spec = made["Deployment"]["spec"]
    pod = spec["template"]["spec"]
    assert (spec["replicas"], pod["tolerations"], pod["nodeSelector"]) == (
        3,
        [{"operator": "Exists"}],
        {"kubernetes.io/os": "linux"},
    )
    assert pod["containers"][0]["resources"] == {"limits": {"memory": "1Gi"}}
    assert pod["containers"][0]["env"] == [
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"key": "key", "name": "keys"}}},
        {"name": "LEVEL", "value": "1"},
    ]
    without = rendered(archive, programs, "server: db:1")["Deployment"]["spec"]["template"]
    assert without["spec"]["containers"][0]["env"] == [{"name": "LEVEL", "value": "1"}]
    assert "tolerations" not in without["spec"]
    sums = {each["metadata"]["annotations"]["checksum/values"] for each in (without, spec["template"])}
    assert len(sums) == 2, "Pods start anew where what they read changes"


def test_the_same_recipe_gives_the_same_archive(local: tuple[Programs, dict[str, Any]]) -> None:
    programs, recipe = local
    first, second = (build(ENTRY, Recipe.model_validate(recipe), programs) for _ in range(2))
    assert first == second


def test_a_value_that_the_chart_does_not_know_is_refused(
    local: tuple[Programs, dict[str, Any]], tmp_path: Path
) -> None:
    programs, recipe = local
    archive = tmp_path / "parts-1.0.0.tgz"
    archive.write_bytes(build(ENTRY, Recipe.model_validate(recipe), programs))
    command: list[str | Path] = [
        programs.helm,
        "template",
        "demo",
        archive,
        "--set",
        "sever=db",
        "--set",
        "workloads.other.replicas=1",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "sever" in done.stderr
    assert "other" in done.stderr


def test_a_tag_that_moved_is_refused(local: tuple[Programs, dict[str, Any]]) -> None:
    programs, recipe = local
    commit, elsewhere = recipe["commit"], "0" * 40
    with pytest.raises(MirrorError) as error:
        build(ENTRY, Recipe.model_validate({**recipe, "commit": elsewhere}), programs)
    assert error.value.problems == (f"{MAIN} at v1 is commit {commit} now, and the recipe was written for {elsewhere}",)


def test_a_repository_out_of_reach_is_named(local: tuple[Programs, dict[str, Any]], tmp_path: Path) -> None:
    programs, recipe = local
    nowhere = replace(programs, local={MAIN: tmp_path / "nowhere"})
    with pytest.raises(MirrorError, match=f"^{MAIN} at v1 cannot be had: fatal: "):
        build(ENTRY, Recipe.model_validate(recipe), nowhere)


def test_all_that_does_not_fit_is_told_at_once() -> None:
    recipe = Recipe(
        repository=MAIN,
        ref="v1",
        commit="0" * 40,
        folders=(".",),
        namespace="parts",
        leave_out=("Secret/gone",),
        edits=Recipe.model_validate(
            {
                "repository": MAIN,
                "ref": "v1",
                "commit": "0" * 40,
                "folders": ["."],
                "namespace": "parts",
                "edits": [
                    {"object": "ConfigMap/other", "at": ["data", "x"], "to": "y"},
                    {"object": "ConfigMap/settings", "at": ["data", "x"], "remove": True},
                    {"object": "ConfigMap/settings", "at": ["spec", "x"], "to": "y"},
                ],
            }
        ).edits,
    )
    with pytest.raises(MirrorError) as error:
        templates([each for each in yaml.safe_load_all(OBJECTS) if each], recipe)
    assert error.value.problems == (
        "nothing is called 'Secret/gone', which the recipe leaves out",
        "0 objects are called 'ConfigMap/other', which the recipe edits: it has to be one",
        "ConfigMap/settings: there is no data.x to change",
        "ConfigMap/settings: there is no 'spec' on the way spec.x",
        "ConfigMap/settings: data.server still names the namespace: 'database.parts:5432'; "
        "the recipe has to say what stands there",
    )


def test_a_recipe_with_a_typing_error_is_answered(tmp_path: Path) -> None:
    file = tmp_path / "parts.yaml"
    file.write_text("repository: x\nref: v1\ncommit: abc\nfolders: [a]\nnamespace: parts\nleaveout: []\n")
    with pytest.raises(StackError) as error:
        read_recipe(file)
    assert error.value.problems[-1] == "parts.yaml.leaveout: unknown key; did you mean 'leaveOut'? (8 others)"


def test_a_namespace_that_an_expression_names_is_found() -> None:
    """Upstream's webhooks name their own service account in a condition: it would be another's elsewhere."""
    condition = 'request.userInfo.username != "system:serviceaccount:parts:server"'
    webhook = {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "parts"}, "webhooks": [{"x": condition}]}
    recipe = Recipe(repository=MAIN, ref="v1", commit="0" * 40, folders=(".",), namespace="parts")
    with pytest.raises(MirrorError) as error:
        templates([webhook], recipe)
    assert error.value.problems == (
        f"ValidatingWebhookConfiguration/parts: webhooks[0].x still names the namespace: {condition!r}; "
        "the recipe has to say what stands there",
    )


def test_each_containers_resources_come_from_values(tmp_path: Path, programs: Programs) -> None:
    containers = [{"name": "main"}, {"name": "side", "resources": {"requests": {"cpu": "1m"}}}]
    spec = {"template": {"metadata": {}, "spec": {"containers": containers}}}
    made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "server"}, "spec": spec}
    recipe = Recipe(repository=MAIN, ref="v1", commit="0" * 40, folders=(".",), namespace="parts")
    files, values = templates([made], recipe)
    assert values == {
        "workloads": {
            "server": {
                "replicas": 1,
                "resources": {},
                "containers": {"side": {"resources": {"requests": {"cpu": "1m"}}}},
            }
        }
    }
    archive = tmp_path / "parts-1.0.0.tgz"
    about = "apiVersion: v2\nname: parts\nversion: 1.0.0\n"
    archive.write_bytes(pack("parts", {"Chart.yaml": about, "values.yaml": yaml.safe_dump(values), **files}))
    given = {"workloads": {"server": {"containers": {"side": {"resources": {"requests": {"cpu": "2m"}}}}}}}
    deployment = rendered(archive, programs, yaml.safe_dump(given))["Deployment"]
    assert deployment["metadata"]["namespace"] == "elsewhere"
    assert [each["resources"] for each in deployment["spec"]["template"]["spec"]["containers"]] == [
        {},
        {"requests": {"cpu": "2m"}},
    ]


def _role(name: str, adds_to: str | None = None, gathers: str | None = None, **rule: Any) -> dict[str, Any]:
    labels = {f"to-{adds_to}": "true"} if adds_to else {}
    made: dict[str, Any] = {"kind": "ClusterRole", "metadata": {"name": name, "labels": labels}}
    if gathers:
        made["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {f"to-{gathers}": "true"}}]}
    return {**made, "rules": [rule] if rule else []}


def test_a_gathered_role_has_the_rules_of_all_that_add_to_it() -> None:
    """The innermost first: what adds to one that adds to another reaches both."""
    objects = [
        _role("admin", gathers="admin"),
        _role("edit", "admin", gathers="edit"),
        _role("view", "edit", verbs=["get"]),
        _role("delete", "admin", verbs=["delete"]),
        _role("open", gathers="open"),
    ]
    recipe = Recipe(
        repository=MAIN,
        ref="1",
        commit="0" * 40,
        folders=("x",),
        namespace="parts",
        gather=("ClusterRole/admin", "ClusterRole/edit"),
    )
    files, _ = templates(objects, recipe)
    made = {name: yaml.safe_load(text) for name, text in files.items()}
    assert made["templates/clusterrole-edit.yaml"]["rules"] == [{"verbs": ["get"]}]
    assert made["templates/clusterrole-admin.yaml"]["rules"] == [{"verbs": ["delete"]}, {"verbs": ["get"]}]
    left = [name for name, role in made.items() if "aggregationRule" in role]
    assert left == ["templates/clusterrole-open.yaml"]
    with pytest.raises(MirrorError) as error:
        templates(objects, recipe.model_copy(update={"gather": ("ClusterRole/view",)}))
    assert error.value.problems == ("no aggregated role is called 'ClusterRole/view', which the recipe gathers",)
