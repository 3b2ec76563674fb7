"""Who may do what: verified certificates, RBAC, Pod Security, quota, and admission as on EKS."""

from __future__ import annotations

import base64
import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from groundwork.sandbox.controlplane import ClusterEndpoint, pki
from groundwork.sandbox.controlplane.client import ApiError, ApiUnreachableError, KubeClient
from groundwork.sandbox.controlplane.settings import issuer_in
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.sandbox.tools.locate import Tools


def pod(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "main", "image": "example.com/app:1"}], **spec},
    }


def test_a_client_that_trusts_another_authority_refuses_the_server(
    control_plane: ClusterEndpoint, tmp_path: Path
) -> None:
    pki.ensure(tmp_path, "10.96.0.1")
    endpoint = dataclasses.replace(control_plane, ca_file=pki.Pki(tmp_path).authority.certificate)
    with KubeClient(endpoint) as client, pytest.raises(ApiUnreachableError, match="not signed by this sandbox"):
        client.raw("GET", "/version")


def test_a_client_certificate_of_another_authority_is_refused(control_plane: ClusterEndpoint, tmp_path: Path) -> None:
    pki.ensure(tmp_path, "10.96.0.1")
    stranger = pki.Pki(tmp_path).pair("admin")
    endpoint = dataclasses.replace(control_plane, client_cert=stranger.certificate, client_key=stranger.key)
    with KubeClient(endpoint) as client, pytest.raises(ApiError, match="Unauthorized") as refused:
        client.raw("GET", "/api")
    assert refused.value.status == 401


def test_anonymous_requests_reach_the_health_checks_and_nothing_else(control_plane: ClusterEndpoint) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(control_plane.ca_file)
        assert session.get(control_plane.url + "/readyz", timeout=5).status_code == 200
        assert session.get(control_plane.url + "/api", timeout=5).status_code == 401
        assert session.get(control_plane.url + "/api/v1/secrets", timeout=5).status_code == 401


def test_the_token_is_as_good_as_the_certificate(control_plane: ClusterEndpoint) -> None:
    with KubeClient(control_plane, token=control_plane.token_file.read_text().strip()) as client:
        review = client.create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}})
    assert review["status"]["userInfo"]["username"] == "admin"


def test_keys_tokens_and_kubeconfigs_are_readable_by_this_user_only(control_plane: ClusterEndpoint) -> None:
    secret = [control_plane.kubeconfig, control_plane.client_key, control_plane.token_file]
    secret += list(control_plane.client_key.parent.iterdir())
    assert {oct(file.stat().st_mode & 0o777) for file in secret} == {"0o600"}
    for folder in ("certs", "etcd", "run", "logs"):
        assert (control_plane.kubeconfig.parent / folder).stat().st_mode & 0o077 == 0


def test_rbac_denies_a_service_account_what_nobody_granted(
    control_plane: ClusterEndpoint, kube: KubeClient, namespace: str
) -> None:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer = kube.create_for("v1", "ServiceAccount", "default", namespace, "token", body)
    with KubeClient(control_plane, token=answer["status"]["token"]) as account, pytest.raises(ApiError) as refused:
        account.list("v1", "Secret", namespace)
    assert refused.value.message == (
        f'secrets is forbidden: User "system:serviceaccount:{namespace}:default" cannot list resource "secrets" '
        f'in API group "" in the namespace "{namespace}"'
    )


def test_pod_security_refuses_a_privileged_pod_in_a_restricted_namespace(kube: KubeClient, namespace: str) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    kube.patch("v1", "Namespace", namespace, labels)
    privileged = pod("privileged")
    privileged["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    privileged["metadata"]["namespace"] = namespace
    with pytest.raises(ApiError) as refused:
        kube.create(privileged)
    assert refused.value.reason == "Forbidden"
    assert 'violates PodSecurity "restricted:latest": privileged (container "main" must not set' in str(refused.value)


def test_warnings_of_pod_security_reach_the_caller(control_plane: ClusterEndpoint, namespace: str) -> None:
    warnings: list[str] = []
    with KubeClient(control_plane, on_warning=warnings.append) as client:
        labels = {"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}}
        client.patch("v1", "Namespace", namespace, labels)
        plain = pod("plain")
        plain["metadata"]["namespace"] = namespace
        client.create(plain, dry_run=True)
    assert any(
        warning.startswith('would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false')
        for warning in warnings
    )


def test_a_quota_refuses_what_exceeds_it(kube: KubeClient, namespace: str) -> None:
    quota = {"requests.nvidia.com/gpu": "2"}
    kube.create(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "team", "namespace": namespace},
            "spec": {"hard": quota},
        }
    )
    wait_for(kube, "v1", "ResourceQuota", "team", namespace, ready=lambda q: q["status"].get("hard") == quota)
    greedy = pod("greedy")
    greedy["metadata"]["namespace"] = namespace
    greedy["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "3"}}
    with pytest.raises(ApiError, match=r"exceeded quota: team, requested: requests.nvidia.com/gpu=3, used:.*=0"):
        kube.create(greedy)


def test_a_gpu_pod_tolerates_the_taint_of_its_resource_as_on_eks(kube: KubeClient, namespace: str) -> None:
    trainer = pod("trainer")
    trainer["metadata"]["namespace"] = namespace
    trainer["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "1"}}
    created = kube.create(trainer, dry_run=True)
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in created["spec"]["tolerations"]


def test_service_account_tokens_carry_issuer_and_audience_as_on_eks(kube: KubeClient, namespace: str) -> None:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = kube.create_for("v1", "ServiceAccount", "default", namespace, "token", body)["status"]["token"]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["iss"] == kube.raw("GET", "/.well-known/openid-configuration")["issuer"] == issuer_in("eu-west-1")
    assert claims["aud"] == ["https://kubernetes.default.svc"]


def test_the_api_is_that_of_the_emulated_version(kube: KubeClient) -> None:
    version = kube.raw("GET", "/version")
    assert version["gitVersion"].startswith("v1.36.")
    assert (version["emulationMajor"], version["emulationMinor"]) == ("1", "35")
    with pytest.raises(ApiError, match="The cluster serves no MutatingAdmissionPolicy in"):
        kube.discover("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy")


def test_kubectl_works_with_the_kubeconfig_alone(control_plane: ClusterEndpoint, tools: Tools, tmp_path: Path) -> None:
    command = [str(tools.kubectl), "--kubeconfig", str(control_plane.kubeconfig), "auth", "can-i", "*", "*"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    assert (done.returncode, done.stdout.strip()) == (0, "yes"), done.stderr


def test_nothing_listens_anywhere_but_on_loopback(control_plane: ClusterEndpoint, tools: Tools) -> None:

    root = str(control_plane.kubeconfig.parent)
    ours = [p for p in psutil.process_iter() if _environment(p).get("GROUNDWORK_SANDBOX") == root]
    addresses = {
        connection.laddr.ip
        for process in ours
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(ours) == 6
    assert addresses == {"127.0.0.1"}


def _environment(process: Any) -> dict[str, str]:

    try:
        found: dict[str, str] = process.environ()
    except psutil.Error:
        return {}
    return found
