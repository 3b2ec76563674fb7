"""Examples of the rules over pages."""

from __future__ import annotations

from groundwork.policy.example import Example, one
from policies.examples._parts import DEPLOYMENT

_CONTAINER = "spec.template.spec.containers.0"
_MAIN = "Deployment ns/app: the container main"
_RELEASE = one(
    "kubernetes:helm.sh/v3:Release",
    {
        "chart": "app",
        "values": {
            "grafana": {"grafana.ini": {"auth.anonymous": {"enabled": False}}},
            "server": {"authModes": ["sso"]},
        },
    },
)

EXAMPLES = [
    *(
        Example(
            "no-anonymous-programs",
            DEPLOYMENT,
            f"{_CONTAINER}.{key}",
            ["server", "--auth-mode=server"],
            f"{_MAIN} is told in its {key} to let in everybody: remove what turns its login off",
        )
        for key in ("args", "command")
    ),
    *(
        Example(
            "no-anonymous-programs",
            DEPLOYMENT,
            f"{_CONTAINER}.env",
            [{"name": name, "value": value}],
            f"{_MAIN} lets in everybody by {name}: remove it",
        )
        for name, value in (
            ("GF_AUTH_ANONYMOUS_ENABLED", "true"),
            ("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True"),
            ("JUPYTER_TOKEN", ""),
        )
    ),
    Example(
        "no-anonymous-charts",
        _RELEASE,
        "values.grafana",
        {"grafana.ini": {"auth.anonymous": {"enabled": True}}},
        "Release it: Grafana shows its dashboards to everybody: remove auth.anonymous",
    ),
    Example(
        "no-anonymous-charts",
        _RELEASE,
        "values.server.authModes",
        ["server"],
        "Release it: server.authModes gives everybody the server's own rights: use client or sso",
    ),
]
