"""Leaving a cluster as if the simulation had never been there."""

from __future__ import annotations

from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.hands import Hands
from groundwork.sandbox.cluster.load_balancers import is_ours
from groundwork.sandbox.cluster.reconcilers import release
from groundwork.sandbox.cluster.world import (
    CSI_DRIVER,
    DAEMON_SET,
    DEPLOYMENT,
    NODE,
    POD,
    SERVICE,
    SERVICE_ACCOUNT,
    STORAGE_CLASS,
    VOLUME,
)
from groundwork.sandbox.controlplane.client import KubeClient

_MADE = (
    DEPLOYMENT,
    DAEMON_SET,
    SERVICE_ACCOUNT,
    CSI_DRIVER,
    STORAGE_CLASS,
    VOLUME,
    NODE,
)


def remove_all(client: KubeClient) -> None:
    """Delete every object that carries the simulation's label, and take the names of load balancers back."""
    hands = Hands(client)
    for service in client.list(*SERVICE):
        if is_ours(service):
            release(hands, service)
    gone = set()
    for kind in _MADE:
        for obj in client.list(*kind, label_selector=marks.SELECTOR):
            hands.delete(obj)
            if kind == VOLUME and obj["metadata"].get("finalizers"):
                # A claim may still hold it, but the driver that would wait for that was never real.
                hands.patch(obj, {"metadata": {"finalizers": None}})
            if kind == NODE:
                gone.add(obj["metadata"]["name"])
    for pod in client.list(*POD):
        if pod["spec"].get("nodeName") in gone:
            hands.delete(pod, grace_seconds=0)
