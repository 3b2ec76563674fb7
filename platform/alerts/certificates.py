"""Certificates that are asked for and not given. That one runs out is the add-on's own rule."""

from __future__ import annotations

from groundwork.core.contracts import Alert


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules for the cert-manager in `namespace`."""
    refused = 'sum by (exported_namespace, name) (certmanager_certificate_ready_status{condition="False"}) > 0'
    return (
        Alert(
            name="CertificateNotIssued",
            expression=f'label_replace({refused}, "namespace", "$1", "exported_namespace", "(.+)")',
            after="30m",
            severity="warning",
            summary="The certificate {{ $labels.namespace }}/{{ $labels.name }} has not been issued for half an hour.",
            runbook=(
                "kubectl describe certificaterequest names what the issuer says. With ACME it is mostly the DNS record "
                "that is not seen yet, or its limit of orders a week."
            ),
        ),
    )
