"""What a namespace's pods may ask for together."""

from __future__ import annotations

from groundwork.core.teams import Quota


def hard(quota: Quota) -> dict[str, str]:
    """Return the hard limits of a tenant's ResourceQuota."""
    return {
        "requests.cpu": quota.cpu,
        "requests.memory": quota.memory,
        "limits.memory": quota.memory,
        "requests.nvidia.com/gpu": str(quota.gpus),
        "requests.aws.amazon.com/neuron": str(quota.neurons),
        # By the core nobody gets what is counted by the device.
        "requests.aws.amazon.com/neuroncore": "0",
        "requests.storage": quota.storage,
        "pods": str(quota.pods),
        # The way in is the mesh's gateway; an address of its own would go round it.
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
