"""What our values say of Pods reaches the Pods of the doubles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from groundwork.sandbox.doubles.readings import fields
from groundwork.sandbox.doubles.switches import read_switches
from groundwork.testing import Graph
from tests.addons.rendering import CHARTS, INVENTORY, inventory, release

KEYS = {
    *("securityContext", "securityContexts", "podSecurityContext", "containerSecurityContext", "seccompProfile"),
    *("resources", "nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName"),
}

# Pods that the chart itself does not make.
ELSEWHERE = {
    "airflow": {
        # The template of a task's Pod is a file in a ConfigMap.
        *("workers.kubernetes.resources", "workers.kubernetes.nodeSelector", "workers.kubernetes.tolerations"),
        "workers.kubernetes.priorityClassName",
    },
    # istiod puts it into the Pods of others.
    "istiod": {"global.proxy.seccompProfile", "global.proxy.resources"},
    # The operator makes them from its custom resources.
    "kube-prometheus-stack": {
        *("prometheus.prometheusSpec.resources", "alertmanager.alertmanagerSpec.resources"),
        *("prometheus.prometheusSpec.priorityClassName", "alertmanager.alertmanagerSpec.priorityClassName"),
        "prometheusOperator.prometheusConfigReloader.resources",
        # A claim's size, not a Pod's.
        "prometheus.prometheusSpec.storageSpec.volumeClaimTemplate.spec.resources",
        "alertmanager.alertmanagerSpec.storage.volumeClaimTemplate.spec.resources",
    },
}


def said(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of what values say of Pods."""
    for key, value in values.items():
        if key in KEYS:
            yield f"{path}{key}"
        elif isinstance(value, Mapping):
            yield from said(value, f"{path}{key}.")


@pytest.mark.parametrize("chart", CHARTS)
def test_a_double_reads_all_that_values_say_of_pods(chart: str, everything: Graph) -> None:
    """What a double does not read would be rehearsed as if we had never said it."""
    given, objects = release(everything, chart), inventory(everything, chart)
    table = read_switches(INVENTORY / f"{chart}-{given['version']}.switches.yaml", objects)
    every = [field for entry in objects for field in fields(entry, table.readings(entry))]
    paths = {path for field in every for path in (*field.paths, *(p for part in field.parts.values() for p in part))}
    unread = {path for path in said(given["values"]) if not any(f"{p}.".startswith(f"{path}.") for p in paths)}
    assert unread == ELSEWHERE.get(chart, set()) & unread
