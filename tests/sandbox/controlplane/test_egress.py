"""Nothing but what the sandbox runs is ever dialled: the proxy itself, and the API server behind it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from groundwork.sandbox.controlplane import ClusterEndpoint, egress
from groundwork.sandbox.controlplane.client import ApiError, KubeClient
from groundwork.sandbox.controlplane.layout import Layout
from groundwork.sandbox.controlplane.refusals import address_names, describe_refusals, read_refusals
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.tools.locate import Tools

ADMISSION = "admissionregistration.k8s.io/v1"


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The proxy as the control plane runs it, in a folder of its own."""
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    (tmp_path / "routes.json").write_text("{}")
    arguments = [sys.executable, "-I", "-S", egress.__file__, "proxy.sock", "routes.json", "refused.json"]
    process = subprocess.Popen(arguments, cwd=tmp_path)
    while not (tmp_path / "proxy.sock").exists():
        assert process.poll() is None
        time.sleep(0.01)
    yield tmp_path
    process.terminate()
    process.wait(timeout=5)


def dial(request: bytes) -> tuple[socket.socket, str]:
    """Send a request to the proxy, return the connection and the first line of the answer."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    for _ in range(100):
        try:
            connection.connect("proxy.sock")
            break
        except ConnectionRefusedError:  # bound, but not listening yet
            time.sleep(0.01)
    connection.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    return connection, head.split(b"\r\n")[0].decode()


def connect(address: str) -> tuple[socket.socket, str]:
    return dial(f"CONNECT {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


def test_an_address_without_a_route_is_refused_and_recorded(proxy: Path) -> None:
    for _ in range(2):
        connection, answer = connect("10.96.9.9:443")
        connection.close()
        assert answer == (
            "HTTP/1.1 403 Refused by the sandbox: what 10.96.9.9:443 stands for is simulated, nothing answers there"
        )
    (refusal,) = read_refusals(proxy / "refused.json")
    assert (refusal.address, refusal.count) == ("10.96.9.9:443", 2)
    assert refusal.first <= refusal.last


def test_the_record_survives_a_restart(proxy: Path) -> None:
    connect("10.96.9.9:443")[0].close()
    again = egress.Record(proxy / "refused.json")
    again.add("10.96.9.9:443")
    assert json.loads((proxy / "refused.json").read_text())["10.96.9.9:443"]["count"] == 2


def test_a_route_added_while_it_runs_leads_to_the_loopback_port(proxy: Path) -> None:
    assert " 403 " in connect("10.96.0.7:443")[1]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (proxy / "routes.json").write_text(json.dumps({"10.96.0.7:443": f"127.0.0.1:{port}"}))
        echo = threading.Thread(target=_echo_once, args=(server,))
        echo.start()
        connection, answer = connect("10.96.0.7:443")
        assert answer == "HTTP/1.1 200 OK"
        with connection:
            connection.sendall(b"hello")
            assert connection.recv(5) == b"hello"
        echo.join(timeout=5)


def test_a_route_out_of_the_machine_is_refused_like_no_route(proxy: Path) -> None:
    (proxy / "routes.json").write_text(json.dumps({"10.96.0.7:443": "192.0.2.1:443"}))
    assert " 403 " in connect("10.96.0.7:443")[1]


def test_a_route_to_a_dead_port_says_so(proxy: Path) -> None:
    (proxy / "routes.json").write_text(json.dumps({"10.96.0.7:443": "127.0.0.1:1"}))
    answer = connect("10.96.0.7:443")[1]
    assert answer.startswith("HTTP/1.1 502 10.96.0.7:443 leads to 127.0.0.1:1 of the sandbox, which does not answer")


def test_anything_but_connect_is_refused(proxy: Path) -> None:
    assert dial(b"GET http://example.com/ HTTP/1.1\r\n\r\n")[1] == ("HTTP/1.1 400 Only CONNECT host:port is understood")


def test_addresses_are_named_by_webhook_service_and_node() -> None:
    services = [
        {
            "metadata": {"namespace": "istio-system", "name": "istiod"},
            "spec": {"clusterIP": "10.96.1.1", "ports": [{"port": 443}]},
        },
        {"metadata": {"namespace": "a", "name": "b"}, "spec": {"clusterIP": "10.96.1.2", "ports": [{"port": 80}]}},
    ]
    nodes = [{"metadata": {"name": "gpu-1"}, "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.9"}]}}]
    client_config = {"service": {"namespace": "istio-system", "name": "istiod"}}
    webhooks = [{"webhooks": [{"name": "validation.istio.io", "clientConfig": client_config}]}]
    assert address_names(services, nodes, webhooks, []) == {
        "10.96.1.1:443": "webhook validation.istio.io (service istio-system/istiod)",
        "10.96.1.2:80": "service a/b",
        "10.0.0.9:10250": "kubelet of node gpu-1",
    }


@pytest.fixture
def webhook(kube: KubeClient, namespace: str) -> Iterator[Any]:
    """Makes a webhook on ConfigMaps of the test's namespace, with a backend of the test's choice."""
    name = f"test-{uuid4().hex[:8]}"

    def make(client_config: dict[str, Any]) -> str:
        kube.create(webhook_configuration(name, namespace, client_config))
        return name

    yield make
    kube.delete(ADMISSION, "ValidatingWebhookConfiguration", name, missing_ok=True)


def webhook_configuration(name: str, namespace: str, client_config: dict[str, Any]) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    return {
        "apiVersion": ADMISSION,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": f"{name}.example.com",
                "clientConfig": client_config,
                "rules": [rule],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
            }
        ],
    }


def refused_creation(kube: KubeClient, namespace: str, name: str) -> ApiError:
    """Create ConfigMaps until the webhook, of which the API server hears a little later, refuses one."""
    for attempt in range(100):
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{attempt}"}}
        config_map["metadata"] = {"name": f"c{attempt}", "namespace": namespace}
        try:
            kube.create(config_map)
        except ApiError as error:
            return error
        time.sleep(0.05)
    raise AssertionError(f"the webhook {name} was never called")


def test_a_webhook_behind_a_service_fails_at_once_and_is_recorded(
    kube: KubeClient, namespace: str, webhook: Any, control_plane_paths: SandboxPaths
) -> None:
    service = kube.create(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "checker", "namespace": namespace},
            "spec": {"ports": [{"port": 443}]},
        }
    )
    name = webhook({"service": {"namespace": namespace, "name": "checker"}})
    started = time.monotonic()
    error = refused_creation(kube, namespace, name)
    assert time.monotonic() - started < 5
    address = f"{service['spec']['clusterIP']}:443"
    assert f"while dialing {address}, code 403: 403 Refused by the sandbox" in str(error)
    refusals = read_refusals(Layout(control_plane_paths).egress_record)
    ours = [refusal for refusal in refusals if refusal.address == address]
    (line,) = describe_refusals(kube, ours)
    assert line.startswith(f"webhook {name}.example.com (service {namespace}/checker) at {address}, ")


def test_a_webhook_by_url_goes_through_the_proxy_too(
    kube: KubeClient, namespace: str, webhook: Any, control_plane_paths: SandboxPaths
) -> None:
    name = webhook({"url": "https://10.96.9.9/validate"})
    error = refused_creation(kube, namespace, name)
    assert "while dialing 10.96.9.9:443, code 403" in str(error)
    refusals = read_refusals(Layout(control_plane_paths).egress_record)
    assert "10.96.9.9:443" in {refusal.address for refusal in refusals}


def test_logs_of_a_pod_are_refused_in_words(
    control_plane: ClusterEndpoint, tools: Tools, namespace: str, running_pod: str, tmp_path: Path
) -> None:
    command = [str(tools.kubectl), "--kubeconfig", str(control_plane.kubeconfig), "-n", namespace]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run([*command, "logs", running_pod], capture_output=True, text=True, timeout=30, env=environment)
    assert done.returncode == 1
    assert "its pods are simulated, so there are no logs, exec or port-forward" in done.stderr


def _echo_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.recv(5))
