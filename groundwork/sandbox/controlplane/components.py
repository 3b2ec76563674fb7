"""The processes of the control plane and their arguments."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.sandbox.controlplane import egress
from groundwork.sandbox.controlplane.layout import EGRESS_SOCKET, ETCD_PEER_SOCKET, ETCD_SOCKET, Layout, Ports
from groundwork.sandbox.controlplane.settings import ControlPlaneSettings
from groundwork.sandbox.processes import ProcessSpec

if TYPE_CHECKING:
    from groundwork.sandbox.tools.locate import Tools

ETCD = "etcd"
EGRESS = "egress"
APISERVER = "kube-apiserver"
CONTROLLERS = "kube-controller-manager"
SCHEDULER = "kube-scheduler"

# Far above what a burst of 32 threads and some hundred objects needs: nothing else competes for this server.
_CLIENT_RATE = ("--kube-api-qps=1000", "--kube-api-burst=2000")


@dataclass(frozen=True)
class Components:
    """Makes the specification of each process."""

    tools: Tools
    layout: Layout
    ports: Ports
    settings: ControlPlaneSettings
    revision: str

    def etcd(self) -> ProcessSpec:
        """Keeps the objects; reachable only through a socket in a folder of this user alone."""
        client, peer = f"unix://{ETCD_SOCKET}", f"unix://{ETCD_PEER_SOCKET}"
        return self.spec(
            ETCD,
            self.tools.etcd,
            f"--data-dir={self.layout.paths.etcd_data}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            # What survives a crash of the machine is not worth a disk flush for each write of a rehearsal.
            "--unsafe-no-fsync",
            # A member alone need not wait a second to find out that nobody else stands for election.
            "--heartbeat-interval=20",
            "--election-timeout=200",
            "--auto-compaction-mode=periodic",
            "--auto-compaction-retention=10m",
            "--log-level=warn",
        )

    def egress(self) -> ProcessSpec:
        """Refuses every connection out of the API server."""
        return self.spec(
            EGRESS,
            Path(sys.executable),
            "-I",
            "-S",
            str(Path(egress.__file__)),
            EGRESS_SOCKET,
            str(self.layout.egress_routes),
            str(self.layout.egress_record),
        )

    def apiserver(self) -> ProcessSpec:
        """The API server; admission is that of EKS: the defaults, and the two that AWS adds."""
        pki = self.layout.pki
        serving, kubelet, front = pki.pair("apiserver"), pki.pair("kubelet-client"), pki.pair("front-proxy")
        return self.spec(
            APISERVER,
            self.tools.kube_apiserver,
            f"--emulated-version={self.settings.emulated_version}",
            f"--etcd-servers=unix://{ETCD_SOCKET}",
            "--bind-address=127.0.0.1",
            # Only told to others; without it the server looks for a route out of the machine and fails offline.
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.ports.apiserver}",
            "--permit-address-sharing",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--client-ca-file={pki.authority.certificate}",
            f"--token-auth-file={pki.tokens}",
            f"--authentication-config={self.layout.authentication}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,ExtendedResourceToleration",
            f"--service-account-issuer={self.settings.issuer}",
            "--api-audiences=https://kubernetes.default.svc",
            f"--service-account-key-file={pki.service_account_key}",
            f"--service-account-signing-key-file={pki.service_account_key}",
            f"--service-cluster-ip-range={self.settings.service_cidr}",
            "--endpoint-reconciler-type=none",
            f"--egress-selector-config-file={self.layout.egress_selector}",
            f"--kubelet-client-certificate={kubelet.certificate}",
            f"--kubelet-client-key={kubelet.key}",
            f"--kubelet-certificate-authority={pki.authority.certificate}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--requestheader-client-ca-file={pki.front_proxy_authority.certificate}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={front.certificate}",
            f"--proxy-client-key-file={front.key}",
            "--allow-privileged",  # as on EKS: Pod Security decides, namespace by namespace
            # The administrator is exempt; service accounts share these, where the defaults would hold them back.
            "--max-requests-inflight=1600",
            "--max-mutating-requests-inflight=800",
            "--delete-collection-workers=10",
            "--profiling=false",
        )

    def controllers(self) -> ProcessSpec:
        """The controllers, with more workers than by default, so that hundreds of objects take seconds."""
        pki = self.layout.pki
        authority = pki.authority
        return self.spec(
            CONTROLLERS,
            self.tools.kube_controller_manager,
            *self._served(self.ports.kube_controller_manager),
            f"--emulated-version={self.settings.emulated_version}",
            f"--kubeconfig={self.layout.kubeconfig(CONTROLLERS)}",
            "--leader-elect=false",
            *_CLIENT_RATE,
            f"--root-ca-file={authority.certificate}",
            f"--service-account-private-key-file={pki.service_account_key}",
            f"--cluster-signing-cert-file={authority.certificate}",
            f"--cluster-signing-key-file={authority.key}",
            "--cloud-provider=external",  # load balancers and node addresses are not its business, as on EKS
            "--concurrent-namespace-syncs=30",
            "--concurrent-deployment-syncs=20",
            "--concurrent-replicaset-syncs=20",
            "--concurrent-statefulset-syncs=20",
            "--concurrent-daemonset-syncs=10",
            "--concurrent-job-syncs=20",
            "--concurrent-resource-quota-syncs=20",
            "--concurrent-serviceaccount-token-syncs=20",
            "--concurrent-gc-syncs=30",
            "--horizontal-pod-autoscaler-sync-period=5s",
            "--pvclaimbinder-sync-period=2s",
            "--terminated-pod-gc-threshold=2000",
            "--profiling=false",
        )

    def scheduler(self) -> ProcessSpec:
        """The scheduler with the plugins that every cluster has."""
        return self.spec(
            SCHEDULER,
            self.tools.kube_scheduler,
            *self._served(self.ports.kube_scheduler),
            f"--emulated-version={self.settings.emulated_version}",
            f"--config={self.layout.scheduler}",
        )

    def _served(self, port: int) -> tuple[str, ...]:
        pair = self.layout.pki.pair("components")
        return (
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--permit-address-sharing",
            f"--tls-cert-file={pair.certificate}",
            f"--tls-private-key-file={pair.key}",
        )

    def spec(self, name: str, program: Path, *arguments: str) -> ProcessSpec:
        """Return a process of the control plane: no inherited environment, sockets in its working folder."""
        return ProcessSpec(
            name=name,
            argv=(str(program), *arguments),
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.layout.paths.root)},
            cwd=self.layout.paths.run,
            revision=self.revision,
        )
