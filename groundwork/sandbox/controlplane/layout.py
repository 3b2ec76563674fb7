"""The control plane's files within a sandbox, and what is written into them before it starts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.controlplane.files import write_private
from groundwork.sandbox.controlplane.kubeconfig import write_kubeconfig
from groundwork.sandbox.controlplane.pki import Pki
from groundwork.sandbox.paths import SandboxPaths

# Relative to the processes' working folder: a unix socket's path may have 107 characters at most, which the
# folder of a sandbox can exceed.
ETCD_SOCKET = "etcd.sock"
ETCD_PEER_SOCKET = "etcd-peer.sock"
EGRESS_SOCKET = "egress.sock"


@dataclass(frozen=True)
class Ports:
    """The loopback ports; everything else talks through unix sockets in a folder of this user alone."""

    apiserver: int
    kube_controller_manager: int
    kube_scheduler: int


@dataclass(frozen=True)
class Layout:
    """Where the control plane of a sandbox keeps its files."""

    paths: SandboxPaths

    @property
    def pki(self) -> Pki:
        """Keys and certificates."""
        return Pki(self.paths.certs)

    @property
    def ports(self) -> Path:
        """The ports that were chosen, so that a restart keeps the endpoint's address."""
        return self.paths.run / "ports.json"

    @property
    def lock(self) -> Path:
        """Held by whoever starts or stops the control plane."""
        return self.paths.run / "controlplane.lock"

    @property
    def etcd_socket(self) -> Path:
        """Where etcd listens, once it does."""
        return self.paths.run / ETCD_SOCKET

    @property
    def egress_routes(self) -> Path:
        """Which cluster addresses lead to what the sandbox runs itself."""
        return self.paths.run / "egress-routes.json"

    @property
    def egress_record(self) -> Path:
        """What was refused."""
        return self.paths.run / "egress-refused.json"

    @property
    def egress_selector(self) -> Path:
        """Tells the API server to use the proxy."""
        return self.paths.run / "egress-selector.json"

    @property
    def authentication(self) -> Path:
        """Tells the API server who may stay anonymous."""
        return self.paths.run / "authentication.json"

    @property
    def scheduler(self) -> Path:
        """The scheduler's configuration."""
        return self.paths.run / "scheduler.json"

    def kubeconfig(self, component: str) -> Path:
        """The kubeconfig of a component."""
        return self.paths.certs / f"{component}.kubeconfig"

    def endpoint(self, ports: Ports) -> ClusterEndpoint:
        """How the administrator reaches the API server."""
        admin = self.pki.pair("admin")
        return ClusterEndpoint(
            url=f"https://127.0.0.1:{ports.apiserver}",
            ca_file=self.pki.authority.certificate,
            client_cert=admin.certificate,
            client_key=admin.key,
            token_file=self.pki.token,
            kubeconfig=self.paths.kubeconfig,
        )

    def write(self, ports: Ports) -> str:
        """Write every configuration file and return a digest of what a running process would not notice."""
        url = self.endpoint(ports).url
        authority = self.pki.authority.certificate
        write_kubeconfig(self.paths.kubeconfig, url, authority, "admin", self.pki.pair("admin"))
        for component in ("kube-controller-manager", "kube-scheduler", "kwok"):
            write_kubeconfig(self.kubeconfig(component), url, authority, component, self.pki.pair(component))
        contents = {
            self.egress_selector: _egress_selector(),
            self.authentication: _authentication(),
            self.scheduler: _scheduler(self.kubeconfig("kube-scheduler")),
        }
        for file, content in contents.items():
            write_private(file, json.dumps(content, indent=1))
        noticed = url + authority.read_text() + json.dumps(list(contents.values()), sort_keys=True)
        return hashlib.sha256(noticed.encode()).hexdigest()


def _egress_selector() -> dict[str, Any]:
    """Send everything to the proxy but etcd: `cluster` is for services, nodes and pods, `controlplane` for URLs."""
    proxied = {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": EGRESS_SOCKET}}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": name, "connection": proxied} for name in ("cluster", "controlplane")],
    }


def _authentication() -> dict[str, Any]:
    paths = ("/livez", "/readyz", "/healthz", "/version")
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "anonymous": {"enabled": True, "conditions": [{"path": path} for path in paths]},
    }


def _scheduler(kubeconfig: Path) -> dict[str, Any]:
    """Back off for two seconds at most: a pod waits for its node to appear, not for its next turn."""
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 1000, "burst": 2000},
        "leaderElection": {"leaderElect": False},
        "podInitialBackoffSeconds": 1,
        "podMaxBackoffSeconds": 2,
    }
