"""A real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, simulated nodes.

`endpoint` and `client` are what most of the sandbox needs; `plane` starts and stops.
"""

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint

__all__ = ["ClusterEndpoint"]
