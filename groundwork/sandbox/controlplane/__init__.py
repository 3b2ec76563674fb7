"""A real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, simulated nodes."""

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint

__all__ = ["ClusterEndpoint"]
