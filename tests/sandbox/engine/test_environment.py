from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.sandbox.engine.environment import engine_environment, shell_environment
from groundwork.sandbox.paths import SandboxPaths


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in ("AWS_PROFILE", "PULUMI_ACCESS_TOKEN", "KUBECONFIG", "HTTPS_PROXY", "SECRET_OF_MINE"):
        monkeypatch.setenv(name, "the user's")
    return engine_environment(SandboxPaths(tmp_path), {"aws": 1, "random": 3, "kubernetes": 2}, "http://127.0.0.1:9")


def test_nothing_of_the_users_reaches_the_engine(engine: dict[str, str], tmp_path: Path) -> None:
    assert "the user's" not in engine.values()
    assert engine["KUBECONFIG"] == str(tmp_path / "kubeconfig")
    assert engine["PULUMI_BACKEND_URL"] == f"file://{tmp_path / 'pulumi-state'}"
    assert engine["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert engine["AWS_EC2_METADATA_DISABLED"] == "true"


def test_every_provider_is_a_standin(engine: dict[str, str]) -> None:
    assert engine["PULUMI_DEBUG_PROVIDERS"] == "aws:1,kubernetes:2,random:3"
    assert engine["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_a_shell_is_the_users_but_for_what_could_reach_elsewhere(engine: dict[str, str], tmp_path: Path) -> None:
    users = {
        "PATH": "/opt/bin:/bin",
        "EDITOR": "vi",
        "AWS_PROFILE": "mine",
        "KUBE_EDITOR": "vi",
        "PULUMI_ACCESS_TOKEN": "mine",
        "https_proxy": "http://proxy",
        "HOME": "/home/me",
    }
    shell = shell_environment(engine, users)
    assert shell["EDITOR"] == "vi"
    assert shell["PATH"] == f"{tmp_path / 'bin'}:/opt/bin:/bin"
    assert shell["HOME"] == str(tmp_path)
    assert not {"AWS_PROFILE", "PULUMI_ACCESS_TOKEN", "https_proxy"} & shell.keys()
