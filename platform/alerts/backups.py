"""Backups that fail, and those that silently do not happen. A backup is a Job or CronJob with "backup" in its name."""

from __future__ import annotations

from groundwork.core.contracts import Alert


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules; they watch every namespace, whichever they are given."""
    runbook = (
        "Look at the log of the Job's pod, mend the reason, and start one by hand: kubectl create job "
        "--from=cronjob/... Until one has succeeded, nothing that happened since the last can be brought back."
    )
    age = 'time() - kube_cronjob_status_last_successful_time{cronjob=~".*backup.*"}'
    return (
        Alert(
            name="BackupFailed",
            expression='kube_job_failed{condition="true",job_name=~".*backup.*"} > 0',
            after="5m",
            severity="critical",
            summary="The backup {{ $labels.namespace }}/{{ $labels.job_name }} failed.",
            runbook=runbook,
        ),
        Alert(
            name="BackupTooOld",
            expression=f"{age} > 36 * 3600 unless on (namespace, cronjob) kube_cronjob_spec_suspend == 1",
            after="15m",
            severity="critical",
            summary="The last backup of {{ $labels.namespace }}/{{ $labels.cronjob }} is more than 36 hours old.",
            runbook=runbook,
        ),
    )
