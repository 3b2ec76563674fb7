"""Examples of the rules over notebooks."""

from __future__ import annotations

from groundwork.policy.example import REMOVED, Example, one

_RELEASE = one(
    "kubernetes:helm.sh/v3:Release",
    {
        "chart": "kubeflow-notebooks",
        "version": "26.3.0",
        "values": {"culling": {"enabled": True, "idleMinutes": 720}},
    },
    name="notebooks",
)
_SETTINGS = one(
    "kubernetes:core/v1:ConfigMap",
    {
        "metadata": {"name": "notebook-controller-config-fhm9f7tdt5", "namespace": "kubeflow"},
        "data": {"ENABLE_CULLING": "true", "CULL_IDLE_TIME": "720"},
    },
)

EXAMPLES = [
    Example(
        "notebooks-culled",
        _RELEASE,
        "values.culling",
        REMOVED,
        "Release notebooks: notebooks are never stopped: set culling.enabled to true",
    ),
    Example(
        "notebooks-culled",
        _RELEASE,
        "values.culling.idleMinutes",
        10080,
        "Release notebooks: a notebook is stopped after 10080 idle minutes, a day has 1440: lower culling.idleMinutes",
    ),
    Example(
        "notebooks-culled",
        _SETTINGS,
        "data.ENABLE_CULLING",
        "false",
        "ConfigMap kubeflow/notebook-controller-config-fhm9f7tdt5: notebooks are never stopped: "
        "set ENABLE_CULLING to true",
    ),
]
