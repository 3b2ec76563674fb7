"""Services that answer with errors, and a mesh that nobody configures any more."""

from __future__ import annotations

from groundwork.core.contracts import Alert

_SERVICE = "destination_service_name, destination_service_namespace"


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules; they watch every service, whichever namespace they are given."""
    total = f'sum by ({_SERVICE}) (rate(istio_requests_total{{reporter="source"}}[5m]))'
    wrong = f'sum by ({_SERVICE}) (rate(istio_requests_total{{reporter="source",response_code=~"5.."}}[5m]))'
    # One failure a minute of a service that nobody uses is half of its requests, and no reason to wake somebody.
    share = f"{wrong} / {total} > 0.05 and {wrong} > 0.1"
    return (
        Alert(
            name="RequestsFail",
            expression=f'label_replace({share}, "namespace", "$1", "destination_service_namespace", "(.+)")',
            after="10m",
            severity="critical",
            summary=(
                "{{ $labels.namespace }}/{{ $labels.destination_service_name }} answers "
                "{{ $value | humanizePercentage }} of its requests with an error."
            ),
            runbook=(
                "The dashboard Requests shows since when, and which other services fail. 503 with the flag UH: no copy "
                "is ready; UF: it cannot be reached, mostly mutual TLS on one side only; others come from the service."
            ),
        ),
        Alert(
            name="MeshConfigurationRefused",
            expression="sum(rate(pilot_total_xds_rejects[5m])) > 0",
            after="10m",
            severity="warning",
            summary="Proxies refuse what Istio's control plane sends: they keep their old routes.",
            runbook="istioctl proxy-status names the proxies, istiod's log the object. Revert its last change.",
        ),
    )
