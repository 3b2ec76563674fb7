"""Kubeflow's central dashboard: one page that leads to all others, and where a profile is shared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from addons._availability import keep_available, unavailable
from addons._charts import Copies
from addons._kubeflow_profiles import DASHBOARD_NAMESPACE, Profiles
from addons._kubeflow_values import USER_HEADER, workload
from addons._pages import expose_page
from addons._pods import resources
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Cluster,
    Login,
    Mesh,
    Metrics,
    NodePools,
    Pipelines,
    Tracking,
    Tuning,
    Workflows,
)

_APP = "centraldashboard"
_LABELS = {
    "app": _APP,
    "app.kubernetes.io/component": _APP,
    "app.kubernetes.io/name": _APP,
    "kustomize.component": _APP,
}
_PORT = 8082


class KubeflowDashboardConfig(Config):
    """What a stack file may say under `kubeflow-dashboard:`."""

    replicas: Copies = Field(description="copies of the page")
    links: dict[str, str] = Field(default_factory=dict, description="further entries of the menu: text -> URL")


def values(*, copies: int, header: str, profiles_host: str, links: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the chart.

    Args:
        header: in which the page finds who asks.
        profiles_host: where the API of profiles answers.
        links: the menu: text -> URL.
    """
    return {
        "login": {"header": header},
        "profiles": {"host": profiles_host},
        "links": json.dumps(_menu(links)),
        "workloads": {_APP: workload(resources("50m", "128Mi", "512Mi"), copies, _LABELS)},
    }


def _menu(links: Mapping[str, str]) -> dict[str, Any]:
    """Return the menu as the dashboard reads it: each page is at a host of its own, so none is in a frame of it."""
    entries = [{"iframe": False, "text": text, "link": url, "icon": "launch"} for text, url in links.items()]
    return {"menuLinks": [], "externalLinks": entries, "quickLinks": [], "documentationItems": []}


class KubeflowDashboard(Component[KubeflowDashboardConfig]):
    """The central dashboard, with a menu of what this stack exposes."""

    single = True

    def build(
        self,
        cluster: Cluster,
        profiles: Profiles,
        pipelines: Pipelines | None,
        tuning: Tuning | None,
        tracking: Tracking | None,
        workflows: Workflows | None,
        mesh: Mesh | None,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart, and expose it behind the login."""
        namespace = cluster.namespace(DASHBOARD_NAMESPACE, parent=self, mesh=mesh)
        pages = {
            "Notebooks": pipelines.notebooks_url if pipelines else None,
            "Pipelines": pipelines.public_url if pipelines else None,
            "Katib experiments": tuning.public_url if tuning else None,
            "Experiment tracking": tracking.public_url if tracking else None,
            "Workflows": workflows.public_url if workflows else None,
        }
        release(
            "kubeflow-dashboard",
            parent=self,
            chart="kubeflow-dashboard",
            namespace=namespace,
            values=values(
                copies=self.config.replicas,
                header=login.email_header if login else USER_HEADER,
                profiles_host=profiles.host,
                links={**{text: url for text, url in pages.items() if url is not None}, **self.config.links},
            ),
        )
        keep_available(_APP, parent=self, namespace=namespace, labels=_LABELS, copies=self.config.replicas)
        if metrics is not None:
            down = unavailable(
                "KubeflowDashboardDown",
                namespace=namespace.name,
                deployment=_APP,
                summary="No copy of Kubeflow's dashboard is ready.",
            )
            metrics.alert("kubeflow-dashboard", parent=self, namespace=namespace, alerts=[down])
        expose_page(
            "kubeflow",
            parent=self,
            namespace=namespace,
            selector=_LABELS,
            port=_PORT,
            mesh=mesh,
            login=login,
        )
