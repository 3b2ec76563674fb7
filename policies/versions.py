"""Rules over versions: only what the catalogue has."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject

_RELEASE, _CLUSTER, _ADDON = "kubernetes:helm.sh/v3:Release", "aws:eks/cluster:Cluster", "aws:eks/addon:Addon"


@RULES.resource(
    "catalogue-versions",
    severity="high",
    controls=("Groundwork: what was tested is what runs",),
    types=(_RELEASE, _CLUSTER, _ADDON),
)
def catalogue_versions(subject: Subject, facts: Facts) -> Iterator[str]:
    """Charts, the cluster and its managed add-ons have the catalogue's versions.

    Only those were rehearsed together, and only of those does anybody know until when they get fixes.
    """
    props, catalogue = subject.props, facts.catalogue
    version = props.get("version")
    if subject.type == _RELEASE:
        charts = {chart.chart: chart.version for chart in catalogue.charts.values()}
        # An archive of a mirror is named by both.
        chart = str(props.get("chart", "")).rpartition("/")[2].removesuffix(f"-{version}.tgz")
        if chart not in charts:
            yield f"Release {subject.name}: the chart {chart!r} is not in the catalogue: add it there"
        elif version != charts[chart]:
            yield f"Release {subject.name}: {chart} {version} is not the catalogue's version: use {charts[chart]}"
    elif subject.type == _CLUSTER:
        if version not in catalogue.kubernetes:
            valid = ", ".join(catalogue.kubernetes)
            yield f"Cluster {subject.name}: Kubernetes {version} is not in the catalogue: use {valid}"
    else:
        name, version = str(props.get("addonName")), props.get("addonVersion")
        entry = catalogue.managed_addons.get(name)
        if entry is None:
            yield f"Addon {name}: is not in the catalogue: add it there"
        elif version != entry.version:
            yield f"Addon {name}: version {version} is not the catalogue's: use {entry.version}"
