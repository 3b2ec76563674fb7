"""One way to install a third-party chart: a Helm release at the catalogue's version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts.cluster import Namespace


def release(
    name: str,
    *,
    parent: Component[Any],
    chart: str,
    namespace: Namespace,
    values: Mapping[str, Any],
    after: Sequence[pulumi.Resource] = (),
    timeout_seconds: int = 600,
) -> k8s.helm.v3.Release:
    """Install a chart of the catalogue, without its CRDs, and wait until all of it is ready.

    Args:
        name: of the Helm release: deterministic, since other objects name what the chart makes.
        chart: its key in `platform/catalogue.yaml`.
        values: plain data; what is secret reaches the chart through a Secret that it names.
        after: what has to be there first: databases, buckets, Secrets.

    Raises:
        StackError: where the catalogue has no such chart.
    """
    entry = parent.catalogue.chart(chart)
    # An oci:// repository is part of the chart's own reference; Helm looks up only http repositories by name.
    oci = entry.repository is not None and entry.repository.startswith("oci://")
    reference = f"{entry.repository}/{entry.chart}" if oci else entry.chart
    return k8s.helm.v3.Release(
        f"{parent.name}-{name}" if name != parent.name else name,
        name=name,
        chart=reference,
        version=entry.version,
        repository_opts=None if oci or entry.repository is None else {"repo": entry.repository},
        namespace=namespace.name,
        create_namespace=False,
        skip_crds=True,
        values=dict(values),
        timeout=timeout_seconds,
        # A failed first install is removed, a failed upgrade rolled back: nothing stays half done.
        atomic=True,
        wait_for_jobs=True,
        opts=namespace.options(parent, depends_on=after),
    )
