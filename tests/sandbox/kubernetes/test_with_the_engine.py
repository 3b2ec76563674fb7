"""The stand-ins under the real engine: preview, up, again, refresh, destroy."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.language_host import install
from groundwork.sandbox.standins.kubernetes import KubernetesProvider, KubernetesSettings
from groundwork.sandbox.standins.protocol import serve
from groundwork.sandbox.standins.random import RandomProvider
from groundwork.sandbox.tools.locate import Tools
from tests.sandbox.isolation import isolated

FACTS = Path(__file__).parents[4] / "shared" / "mirror" / "nvidia-device-plugin-0.20.0" / "objects.json"

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

namespace = k8s.core.v1.Namespace("shop")
name = namespace.metadata.name
password = random.RandomPassword("password", length=24)
secret = k8s.core.v1.Secret(
    "login", metadata={"name": "login", "namespace": name}, string_data={"password": password.result}
)
crd = k8s.apiextensions.v1.CustomResourceDefinition(
    "widgets",
    metadata={"name": "widgets.engine.example.org"},
    spec={
        "group": "engine.example.org",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
        "versions": [{
            "name": "v1", "served": True, "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}},
        }],
    },
)
widget = k8s.apiextensions.CustomResource(
    "widget", api_version="engine.example.org/v1", kind="Widget", metadata={"namespace": name},
    spec={"size": pulumi.Config().get("size") or "small"}, opts=pulumi.ResourceOptions(depends_on=[crd]),
)
k8s.apps.v1.Deployment(
    "web",
    metadata={"namespace": name},
    spec={
        "selector": {"match_labels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "example/web:1",
                                     "resources": {"requests": {"cpu": "1000m"}}}]},
        },
    },
)
release = k8s.helm.v3.Release("plugin", chart="nvidia-device-plugin", version="0.20.0", namespace=name)
pulumi.export("namespace", name)
pulumi.export("revision", release.status.revision)
"""


class Stack:
    """A project with one stack, whose providers are the stand-ins."""

    def __init__(self, root: Path, tools: Tools, ports: str) -> None:
        self._environment = isolated(root) | {"PULUMI_DEBUG_PROVIDERS": ports}
        install(root / "bin", None)
        self._pulumi, self._project = str(tools.pulumi), root / "project"
        self.state = root / "state"
        (self._project / "Pulumi.yaml").write_text("name: demo\nruntime: python\n", encoding="utf-8")
        (self._project / "__main__.py").write_text(PROGRAM, encoding="utf-8")
        self.run("stack", "init", "one")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._pulumi, *arguments, "--non-interactive", "--color=never"],
            cwd=self._project,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def stack(settings: KubernetesSettings, tools: Tools, tmp_path: Path) -> Iterator[Stack]:
    if not FACTS.is_file():
        pytest.skip("there is no inventory of nvidia-device-plugin beside the repository")
    shutil.copy(FACTS, settings.inventory / "nvidia-device-plugin-0.20.0.json")
    kubernetes, kubernetes_port = serve(KubernetesProvider(replace(settings, default_timeout=40.0)))
    random, random_port = serve(RandomProvider(tmp_path / "random"))
    (tmp_path / "engine").mkdir()
    yield Stack(tmp_path / "engine", tools, f"kubernetes:{kubernetes_port},random:{random_port}")
    kubernetes.stop(0)
    random.stop(0)


def test_a_program_is_previewed_brought_up_unchanged_refreshed_changed_and_destroyed(
    stack: Stack, kube: KubeClient, node: str
) -> None:
    assert "8 to create" in stack.run("preview")
    assert kube.find("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.engine.example.org") is None
    assert "8 created" in stack.run("up", "--yes", "--skip-preview")
    outputs = json.loads(stack.run("stack", "output", "--json"))
    assert outputs["revision"] == 1
    namespace = outputs["namespace"]
    written = "".join(path.read_text() for path in stack.state.rglob("*.json"))
    data = kube.get("v1", "Secret", "login", namespace)["data"]["password"]
    assert data not in written, "the password is in the state in plain text"
    assert "8 unchanged" in stack.run("up", "--yes")
    assert "8 unchanged" in stack.run("refresh", "--yes")
    assert "8 unchanged" in stack.run("up", "--yes")
    stack.run("config", "set", "size", "large")
    assert "1 updated" in stack.run("up", "--yes")
    stack.run("destroy", "--yes")
    assert kube.find("v1", "Namespace", namespace) is None
    assert kube.find("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.engine.example.org") is None
