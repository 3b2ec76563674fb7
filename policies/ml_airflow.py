"""Rules over Airflow: what its chart makes by itself is new keys each time, and workers that end under their tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, mapping, objects
from policies._releases import RELEASE, chart_of
from policies.pods import containers

_JOB = "kubernetes:batch/v1:Job"
_SECRET, _EXTERNAL = "kubernetes:core/v1:Secret", "kubernetes:external-secrets.io/"
# The value that names a Secret -> the key that the chart reads there.
_KEYS = {
    "fernetKeySecretName": "fernet-key",
    "jwtSecretName": "jwt-secret",
    "apiSecretKeySecretName": "api-secret-key",
}
_IN_PLAIN = ("fernetKey", "jwtSecret", "apiSecretKey", "webserverSecretKey")


@RULES.stack(
    "airflow-keys-stable",
    severity="high",
    controls=("Groundwork: what was encrypted can be read",),
    types=(RELEASE, _SECRET, _EXTERNAL),
)
def airflow_keys_stable(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Airflow's keys are in Secrets that the program makes once, and its chart makes none.

    The chart makes new keys at each upgrade: connections cannot be read any more, and workers are refused.
    """
    for release in _airflows(subjects):
        values = _values(release)
        for name in _IN_PLAIN:
            if values.get(name):
                yield release, f"{release.label}: has {name} in its values: make a Secret once, and name that"
        for name, key in _KEYS.items():
            secret = values.get(name)
            if not secret:
                yield (
                    release,
                    f"{release.label}: {name} is empty, so the chart makes a new key each time: name a Secret",
                )
                continue
            found = _secret(subjects, _namespace(release), str(secret))
            if found is None:
                yield release, f"{release.label}: {name} is {secret}, and nothing makes that Secret: make it before"
            elif found.type == _SECRET and key not in _content(found):
                yield release, f"{release.label}: {name} is {secret}, which has no {key}: add it"


@RULES.stack(
    "airflow-migrates-first",
    severity="high",
    controls=("Groundwork: an installation does not wait for itself",),
    types=(RELEASE, _JOB),
)
def airflow_migrates_first(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """A Job of the program migrates Airflow's database with the same version, and the chart's own does not run.

    The chart's Job is a hook that runs after what waits for it: an installation that waits never ends.
    """
    for release in _airflows(subjects):
        values = _values(release)
        # The chart runs it unless told not to.
        if dig(values, "migrateDatabaseJob.enabled", True) is not False:
            yield (
                release,
                f"{release.label}: migrateDatabaseJob.enabled is not false: set it, and migrate by a Job before",
            )
        image = f"{values.get('defaultAirflowRepository')}:{values.get('defaultAirflowTag')}"
        images = [
            str(container.get("image"))
            for job in subjects
            if job.type == _JOB and job.namespace == _namespace(release)
            for container in containers(job)
            if "airflow db migrate" in " ".join(map(str, container.get("command") or container.get("args") or ()))
        ]
        if not images:
            yield (
                release,
                f"{release.label}: no Job runs `airflow db migrate` in {_namespace(release)}: add one before it",
            )
        elif image not in images:
            yield release, f"{release.label}: runs {image}, and its database is migrated by {images[0]}: use one image"


@RULES.resource(
    "workers-outlive-tasks",
    severity="high",
    controls=("Groundwork: scaling kills no task",),
    types=(RELEASE,),
)
def workers_outlive_tasks(subject: Subject, facts: Facts) -> Iterator[str]:
    """Airflow's workers may finish the longest task before they go, and KEDA takes none away sooner.

    Kubernetes ends a pod after its grace, so each time that the queue gets shorter a long task would be killed.
    """
    if chart_of(subject) != "airflow":
        return
    values = _values(subject)
    celery = mapping(dig(values, "workers.celery"))
    alone = celery if celery.get("enableDefault", True) else {}
    groups = [group for group in (alone, *objects(celery.get("sets"))) if dig(group, "keda.enabled") is True]
    longest = dig(values, "config.core.default_task_execution_timeout")
    if not groups or "Celery" not in str(values.get("executor")):
        return
    if not isinstance(longest, int | float) or longest <= 0:
        yield (
            f"{subject.label}: KEDA scales its workers, and no task has an end: "
            "set config.core.default_task_execution_timeout"
        )
        return
    visible = dig(values, "config.celery_broker_transport_options.visibility_timeout", 0)
    if not _at_least(visible, longest):
        yield (
            f"{subject.label}: the broker gives a task to a second worker after {visible:g} s, and the longest takes "
            f"{longest:g} s: raise config.celery_broker_transport_options.visibility_timeout"
        )
    for group in groups:
        name = f"workers {group.get('name')}" if group.get("name") else "workers"
        grace = group.get("terminationGracePeriodSeconds", celery.get("terminationGracePeriodSeconds", 600))
        if not _at_least(grace, longest):
            yield (
                f"{subject.label}: {name} have {grace} s to end, and the longest task takes {longest:g} s: "
                "raise terminationGracePeriodSeconds"
            )
        cooldown = dig(group, "keda.cooldownPeriod", dig(celery, "keda.cooldownPeriod", 30))
        if dig(group, "keda.minReplicaCount", 0) == 0 and not _at_least(cooldown, longest):
            yield (
                f"{subject.label}: {name} go to none {cooldown} s after the last task began to wait, and the longest "
                f"takes {longest:g} s: raise keda.cooldownPeriod"
            )


def _at_least(value: Any, wanted: float) -> bool:
    return isinstance(value, int | float) and value >= wanted


def _airflows(subjects: Sequence[Subject]) -> Iterator[Subject]:
    yield from (s for s in subjects if s.type == RELEASE and chart_of(s) == "airflow")


def _values(release: Subject) -> Mapping[str, Any]:
    return mapping(release.props.get("values"))


def _namespace(release: Subject) -> str:
    return str(release.props.get("namespace") or "")


def _secret(subjects: Sequence[Subject], namespace: str, name: str) -> Subject | None:
    mine = (s for s in subjects if s.type != RELEASE and s.namespace == namespace)
    return next((s for s in mine if name in (s.object_name, dig(s.props, "spec.target.name"))), None)


def _content(secret: Subject) -> set[str]:
    return {*mapping(secret.props.get("stringData")), *mapping(secret.props.get("data"))}
