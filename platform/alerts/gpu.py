"""GPUs that fail, that are too warm, and that nobody uses, as NVIDIA's DCGM measures them.

XID codes: https://docs.nvidia.com/deploy/xid-errors/. Left out are those that a program alone can cause (13, 31, 43,
45, 68): they are no fault of the node.
"""

from __future__ import annotations

from groundwork.core.contracts import Alert

_HARDWARE = (48, 62, 63, 64, 74, 79, 92, 94, 95, 119, 120)


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules; they watch every GPU, whichever namespace they are given."""
    failed = " or ".join(f"DCGM_FI_DEV_XID_ERRORS == {code}" for code in _HARDWARE)
    # Who is told follows from the label `namespace`: here, of the pod that holds the GPU.
    idle = 'label_replace(avg_over_time(DCGM_FI_DEV_GPU_UTIL{exported_pod!=""}[2h])'
    return (
        Alert(
            name="GpuFailed",
            expression=failed,
            after="1m",
            severity="critical",
            summary="GPU {{ $labels.gpu }} of {{ $labels.Hostname }} reports the hardware error XID {{ $value }}.",
            runbook=(
                "Cordon the node so that nothing new starts there; what runs on that GPU is lost already. End the "
                "instance: a new one has another GPU. XID 79 (fallen off the bus) never mends itself, 63 and 64 (a row "
                "of memory was remapped) may after a reset."
            ),
        ),
        Alert(
            name="GpuTooWarm",
            expression="DCGM_FI_DEV_GPU_TEMP > 88",
            after="10m",
            severity="warning",
            summary="GPU {{ $labels.gpu }} of {{ $labels.Hostname }} has been at {{ $value }} degrees for ten minutes.",
            runbook="It slows itself down. In a cloud that is the provider's to mend: take another instance.",
        ),
        Alert(
            name="GpuIdle",
            expression=f'{idle}, "namespace", "$1", "exported_namespace", "(.+)") < 2',
            after="30m",
            severity="info",
            summary=(
                "{{ $labels.namespace }}/{{ $labels.exported_pod }} holds a GPU of {{ $labels.Hostname }} and has not "
                "used it for two hours."
            ),
            runbook="Stop the notebook or the job; a GPU costs the same whether it works or not.",
        ),
    )
