"""The Kubernetes stand-in: takes the place of pulumi-resource-kubernetes, on the sandbox's own API server."""

from groundwork.sandbox.standins.kubernetes.provider import KubernetesProvider
from groundwork.sandbox.standins.kubernetes.settings import KubernetesSettings

__all__ = ["KubernetesProvider", "KubernetesSettings"]
