"""The report says who stands where, and gives a reason for all that waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from groundwork.sandbox.cluster.nodes import pool_node
from groundwork.sandbox.cluster.placement import Homeless, Waiting, place
from groundwork.sandbox.cluster.pools import NodePool
from groundwork.sandbox.cluster.record import PoolSize, Record
from groundwork.sandbox.cluster.world import World, world_of

Object = dict[str, Any]
Make = Callable[..., Object]


def test_pods_are_listed_by_pool_and_node_and_daemons_apart(general: NodePool, gpu: NodePool, make_pod: Make) -> None:
    node = pool_node(gpu, 0, ())
    node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    node["status"]["allocatable"]["nvidia.com/gpu"] = "1"
    name = node["metadata"]["name"]
    pods = [make_pod("train", node=name), make_pod("agent", node=name, owner="DaemonSet")]
    done = make_pod("done", node=name)
    done["status"]["phase"] = "Succeeded"
    known = Record(sizes={"gpu": PoolSize(0, 1)}, nodes={"gpu": "something"})
    found = place(world_of([node, *pods, done]), [general, gpu], known)
    assert [pool.name for pool in found.pools] == ["general", "gpu"]
    pool = found.pools[1]
    assert (pool.size, pool.minimum, pool.maximum, pool.pods, pool.problem) == (1, 0, 2, 1, "something")
    (placed,) = pool.nodes
    assert placed.pods == ("default/train",)
    assert placed.daemons == ("default/agent",)
    assert placed.accelerators == {"nvidia.com/gpu": 1}
    assert (placed.instance_type, placed.zone, placed.ready) == ("g6.xlarge", "eu-west-1a", True)
    assert found.simulated == {"Node": 1}
    assert found.complete


def test_a_pod_without_a_node_has_both_reasons(make_pod: Make) -> None:
    pod = make_pod(waiting=True)
    pod["status"]["conditions"][0]["message"] = "0/2 nodes are available"
    found = place(world_of([pod]), [], Record(pods={"default/pod": "pod didn't trigger scale-up"}))
    assert found.homeless == (Homeless("default/pod", "0/2 nodes are available", "pod didn't trigger scale-up"),)
    assert not found.complete


def test_waiting_services_and_claims_have_their_reason(make_service: Make, make_claim: Make) -> None:
    served = make_service("served")
    served["status"] = {"loadBalancer": {"ingress": [{"hostname": "x"}]}}
    bound = make_claim("bound")
    bound["status"]["phase"] = "Bound"
    known = Record(services={"default/gateway": "no controller"}, claims={"default/data": "no driver"})
    found = place(world_of([make_service(), served, make_claim(), bound]), [], known)
    assert found.services == (Waiting("Service", "default/gateway", "no controller"),)
    assert found.claims == (Waiting("PersistentVolumeClaim", "default/data", "no driver"),)


def test_a_volume_that_was_left_behind_is_told() -> None:
    found = place(World(), [], Record(volumes={"pvc-1": "its volume is left behind: no driver"}))
    assert found.volumes == (Waiting("PersistentVolume", "pvc-1", "its volume is left behind: no driver"),)


def test_what_the_simulation_could_not_write_is_told() -> None:
    found = place(World(), [], Record(refused={"Node ip-10-0-0-4": "metadata.labels: Invalid value"}))
    assert found.refused == (Waiting("Node", "ip-10-0-0-4", "metadata.labels: Invalid value"),)
    assert not found.complete


def test_workloads_that_are_not_ready_say_how_far_they_are_and_why(make_workload: Make) -> None:
    ready = make_workload("ready", "a:1", replicas=2)
    ready["status"] = {"readyReplicas": 2}
    refused = make_workload("refused", "a:1", replicas=3)
    message = 'pods "refused-1" is forbidden: exceeded quota'
    refused["status"] = {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": message}]}
    daemon = make_workload("daemon", "a:1", kind="DaemonSet")
    daemon["status"] = {"desiredNumberScheduled": 2, "numberReady": 1}
    nothing = make_workload("nothing", "a:1", kind="DaemonSet")
    nothing["status"] = {"desiredNumberScheduled": 0}
    found = place(world_of([ready, refused, daemon, nothing]), [], Record())
    assert found.workloads == (
        Waiting("Deployment", "kube-system/refused", f"0 of 3 ready: {message}"),
        Waiting("DaemonSet", "kube-system/daemon", "1 of 2 ready"),
    )
