"""A program may name the sandbox's own API server, and no other."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundwork.sandbox.controlplane import ClusterEndpoint
from groundwork.sandbox.standins.kubernetes.kubeconfig import read_options
from groundwork.sandbox.standins.protocol import UNKNOWN, ProviderError

if TYPE_CHECKING:
    from tests.sandbox.kubernetes.conftest import Engine

URL = "https://127.0.0.1:40001"


@pytest.fixture
def endpoint(tmp_path: Path) -> ClusterEndpoint:
    authority = tmp_path / "ca.crt"
    authority.write_bytes(b"-----BEGIN CERTIFICATE-----\nsandbox\n-----END CERTIFICATE-----\n")
    return ClusterEndpoint(URL, authority, *(tmp_path / name for name in ("crt", "key", "token", "kubeconfig")))


def eks(endpoint: ClusterEndpoint, server: str = URL, authority: bytes | None = None, **context: str) -> dict[str, Any]:
    """A kubeconfig as the program makes it of an EKS cluster."""
    ca = base64.b64encode(authority or endpoint.ca_file.read_bytes()).decode()
    command = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws", "args": ["eks", "get-token"]}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "eks", "cluster": {"server": server, "certificate-authority-data": ca}}],
        "contexts": [{"name": "aws", "context": {"cluster": "eks", "user": "aws", **context}}],
        "current-context": "aws",
        "users": [{"name": "aws", "user": {"exec": command}}],
    }


def test_no_kubeconfig_is_the_sandboxs_own(endpoint: ClusterEndpoint) -> None:
    options = read_options({}, endpoint)
    assert options is not None
    assert (options.namespace, options.server_side_apply) == ("default", True)


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_the_kubeconfig_of_the_programs_own_cluster_is_accepted(endpoint: ClusterEndpoint, write: Any) -> None:
    options = read_options({"kubeconfig": write(eks(endpoint, namespace="team-a"))}, endpoint)
    assert options is not None
    assert options.namespace == "team-a"


def test_a_tunnel_is_accepted_where_the_sandboxs_own_server_answers_at_its_far_end(endpoint: ClusterEndpoint) -> None:
    config = eks(endpoint, server="https://localhost:8443")
    cluster = config["clusters"][0]["cluster"]
    cluster["tls-server-name"] = "127.0.0.1"
    assert read_options({"kubeconfig": json.dumps(config)}, endpoint) is not None
    cluster["tls-server-name"] = "somebody.else.example"
    with pytest.raises(ProviderError, match="names the API server https://localhost:8443"):
        read_options({"kubeconfig": json.dumps(config)}, endpoint)


def test_a_path_is_read(endpoint: ClusterEndpoint) -> None:
    endpoint.kubeconfig.write_text(yaml.safe_dump(eks(endpoint)), encoding="utf-8")
    assert read_options({"kubeconfig": str(endpoint.kubeconfig)}, endpoint) is not None


def test_another_server_is_refused_with_both_names(endpoint: ClusterEndpoint) -> None:
    config = json.dumps(eks(endpoint, server="https://prod.example.com"))
    with pytest.raises(ProviderError) as caught:
        read_options({"kubeconfig": config}, endpoint)
    assert str(caught.value) == (
        "kubeconfig: its context 'aws' names the API server https://prod.example.com, but in the sandbox only the "
        f"sandbox's own, {URL}, may be dialled. Take the kubeconfig from the cluster that the program makes, or leave "
        "it out"
    )


def test_another_authority_is_refused(endpoint: ClusterEndpoint) -> None:
    config = json.dumps(eks(endpoint, authority=b"another"))
    with pytest.raises(ProviderError, match=r"its certificate authority for .* is not the sandbox's"):
        read_options({"kubeconfig": config}, endpoint)


def test_the_context_decides_which_server_is_meant(endpoint: ClusterEndpoint) -> None:
    config = eks(endpoint)
    config["clusters"].append({"name": "other", "cluster": {"server": "https://other.example.com"}})
    config["contexts"].append({"name": "else", "context": {"cluster": "other"}})
    assert read_options({"kubeconfig": json.dumps(config)}, endpoint) is not None
    with pytest.raises(ProviderError, match=r"https://other\.example\.com"):
        read_options({"kubeconfig": json.dumps(config), "context": "else"}, endpoint)
    with pytest.raises(ProviderError, match="it has no context 'no'; its contexts are: aws, else"):
        read_options({"kubeconfig": json.dumps(config), "context": "no"}, endpoint)


def test_what_cannot_be_read_is_told_without_its_content(endpoint: ClusterEndpoint) -> None:
    with pytest.raises(ProviderError) as caught:
        read_options({"kubeconfig": "token: hunter2\n  bad: [\n"}, endpoint)
    assert "neither YAML nor JSON near line 2" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_unknown_kubeconfig_leaves_the_provider_unconfigured(endpoint: ClusterEndpoint) -> None:
    assert read_options({"kubeconfig": UNKNOWN}, endpoint) is None


def test_settings_arrive_as_texts(endpoint: ClusterEndpoint) -> None:
    arguments = {"enableServerSideApply": "false", "enableConfigMapMutable": "true", "enableSecretMutable": True}
    options = read_options(arguments, endpoint)
    assert options is not None
    assert (options.server_side_apply, options.mutable_config_maps, options.mutable_secrets) == (False, True, True)


def test_rendering_to_a_folder_is_refused(endpoint: ClusterEndpoint) -> None:
    with pytest.raises(ProviderError, match="renderYamlToDirectory: the sandbox applies objects"):
        read_options({"renderYamlToDirectory": "out"}, endpoint)


def test_the_engine_gets_the_refusal(unconfigured: Engine, endpoint: ClusterEndpoint) -> None:
    refused = unconfigured.refusal(lambda: unconfigured.configure(kubeconfig=json.dumps(eks(endpoint))))
    assert "may be dialled" in str(refused)
