"""Nodes, pods and volumes, whoever they belong to."""

from __future__ import annotations

from groundwork.core.contracts import Alert

REPLACES = ("KubeNodeNotReady", "KubePersistentVolumeFillingUp", "KubePodCrashLooping", "KubePodNotReady")
"""Rules of kube-prometheus-stack that say the same without a test: they are switched off."""


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules; they watch every namespace, whichever they are given."""
    return (*_nodes(), *_pods(), *_volumes(), _quota())


def _nodes() -> tuple[Alert, ...]:
    drained = "unless on (node) kube_node_spec_unschedulable == 1"
    return (
        Alert(
            name="NodeNotReady",
            expression=f'kube_node_status_condition{{condition="Ready",status="true"}} == 0 {drained}',
            after="10m",
            severity="warning",
            summary="The node {{ $labels.node }} has not been ready for ten minutes.",
            runbook=(
                "kubectl describe node shows which condition failed and since when. A node of a pool is replaceable: "
                "cordon and drain it, then end its instance; the pool makes another. If many fail at once, look at the "
                "network and the registry before the nodes."
            ),
        ),
        Alert(
            name="NodeUnderPressure",
            expression=(
                'kube_node_status_condition{condition=~"MemoryPressure|DiskPressure|PIDPressure",status="true"} == 1'
            ),
            after="5m",
            severity="warning",
            summary="The node {{ $labels.node }} reports {{ $labels.condition }}: it evicts pods.",
            runbook=(
                "kubectl top pod -A --sort-by=memory shows what uses the memory; for disks look at images and at "
                "emptyDirs without a limit. Give the pod a request that is true, or the pool a larger disk."
            ),
        ),
    )


def _pods() -> tuple[Alert, ...]:
    killed = 'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1'
    restarted = "increase(kube_pod_container_status_restarts_total[15m]) > 0"
    return (
        Alert(
            name="PodCrashLoops",
            expression='max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1',
            after="15m",
            severity="warning",
            summary="{{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }}) ends again and again.",
            runbook=(
                "kubectl logs --previous shows how it ended. If it began with a deployment, roll that back first and "
                "look for the reason afterwards."
            ),
        ),
        Alert(
            name="ContainerOutOfMemory",
            expression=f"{restarted} and on (namespace, pod, container) {killed}",
            after="1m",
            severity="warning",
            summary=(
                "{{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }}) was ended: it used more memory "
                "than its limit."
            ),
            runbook="Raise its limit if the use is right; otherwise look for what grew since the last release.",
        ),
        Alert(
            name="PodWaitsLong",
            expression='sum by (namespace, pod) (kube_pod_status_phase{phase="Pending"}) > 0',
            after="30m",
            severity="warning",
            summary="{{ $labels.namespace }}/{{ $labels.pod }} has waited for half an hour, and runs nowhere.",
            runbook=(
                "kubectl describe pod says what no node has. A pool at its maximum, a quota of the cloud account and a "
                "taint that the pod does not tolerate look alike here: the autoscaler's log names which."
            ),
        ),
    )


def _volumes() -> tuple[Alert, ...]:
    share = "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes"
    runbook = (
        "Raise the size in the stack file: volumes of this platform's storage class grow while they are used. Before "
        "that, look at what wrote so much; a volume never shrinks again."
    )
    return (
        Alert(
            name="VolumeFillsUp",
            expression=(
                f"{share} < 0.15 and predict_linear(kubelet_volume_stats_available_bytes[6h], 4 * 24 * 3600) < 0"
            ),
            after="1h",
            severity="warning",
            summary=(
                "The volume of {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is full within four days."
            ),
            runbook=runbook,
        ),
        Alert(
            name="VolumeAlmostFull",
            expression=f"{share} < 0.03",
            after="1m",
            severity="critical",
            summary=(
                "The volume of {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has less than 3 % left."
            ),
            runbook=runbook,
        ),
    )


def _quota() -> Alert:
    return Alert(
        name="QuotaAlmostUsed",
        expression='kube_resourcequota{type="used"} / ignoring (type) (kube_resourcequota{type="hard"} > 0) > 0.95',
        after="15m",
        severity="info",
        summary="{{ $labels.namespace }} has almost no quota of {{ $labels.resource }} left: new pods are refused.",
        runbook="A team asks for more in its own file under stacks/teams.",
    )
