"""What is measured of Istio, and what somebody is told of: https://istio.io/latest/docs/reference/config/metrics/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons._availability import unavailable
from addons._watch import measuring_service

from groundwork.core.component import Component
from groundwork.core.contracts import Alert, Namespace

_MONTH = 30 * 24 * 3600


def metrics_service(
    name: str, *, parent: Component[Any], namespace: Namespace, pods: Mapping[str, str], port: int
) -> dict[str, str]:
    """Make a Service for measuring alone, where the chart's has no such port, and return its labels."""
    return measuring_service(name, parent=parent, namespace=namespace, pods=pods, port=port, part_of="istio")


def control_alerts() -> list[Alert]:
    """Return the alerts of the control plane."""
    return [
        Alert(
            name="IstiodDown",
            expression='absent(up{namespace="istio-system",job="istiod"} == 1)',
            after="5m",
            severity="critical",
            summary="No copy of istiod answers: new pods get no identity, and certificates are not renewed.",
        ),
        Alert(
            name="IstioAuthorityExpires",
            expression=f"citadel_server_root_cert_expiry_seconds < {_MONTH}",
            after="1h",
            severity="warning",
            summary="The certificate that signs all identities of the mesh ends within 30 days.",
        ),
        Alert(
            name="IstioConfigurationLate",
            expression=("histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[5m]))) > 30"),
            after="10m",
            severity="warning",
            summary="A change takes more than 30 seconds to reach the proxies: istiod lacks CPU, or copies.",
        ),
    ]


def node_alerts() -> list[Alert]:
    """Return the alerts of the agents that speak for the pods of their node."""
    missing = (
        'kube_daemonset_status_desired_number_scheduled{daemonset="ztunnel"}'
        ' - kube_daemonset_status_number_ready{daemonset="ztunnel"} > 0'
    )
    return [
        Alert(
            name="ZtunnelDown",
            expression=missing,
            after="5m",
            severity="critical",
            summary="A node has no working ztunnel: no pod of the mesh on it can call or be called.",
        )
    ]


def gateway_alerts(name: str, namespace: str) -> list[Alert]:
    """Return the alerts of one gateway."""
    answered = f'istio_requests_total{{reporter="source",source_workload="{name}"}}'
    failed = f'istio_requests_total{{reporter="source",source_workload="{name}",response_code=~"5.."}}'
    return [
        unavailable(
            "GatewayDown",
            namespace=namespace,
            deployment=name,
            severity="critical",
            summary=f"No copy of the gateway {name} is ready: nobody gets in by it.",
        ),
        Alert(
            name="GatewayErrors",
            expression=f"sum(rate({failed}[5m])) / sum(rate({answered}[5m])) > 0.05",
            after="10m",
            severity="warning",
            summary=f"More than one in twenty requests through the gateway {name} ends in an error of the server.",
        ),
        Alert(
            name="GatewayFull",
            expression=(
                f'kube_horizontalpodautoscaler_status_current_replicas{{namespace="{namespace}"}}'
                f' >= kube_horizontalpodautoscaler_spec_max_replicas{{namespace="{namespace}"}}'
            ),
            after="15m",
            severity="warning",
            summary=f"The gateway {name} has had as many copies as it may have for a quarter of an hour.",
        ),
    ]
