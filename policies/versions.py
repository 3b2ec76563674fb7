"""Rules over versions: only what the catalogue has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from groundwork.core.catalogue import Catalogue
from policies.rule import Subject

Types = tuple[str, ...]
TYPES: Types = ("kubernetes:helm.sh/v3:Release", "aws:eks/cluster:Cluster", "aws:eks/addon:Addon")


def catalogue_versions(catalogue: Catalogue) -> Callable[[Subject], Iterator[str]]:
    """Return the check for one catalogue."""
    charts = {chart.chart: chart.version for chart in catalogue.charts.values()}

    def check(subject: Subject) -> Iterator[str]:
        """Charts, the cluster and its managed add-ons have the catalogue's versions."""
        props = subject.props
        if subject.type.endswith(":Release"):
            version = props.get("version")
            # An archive of a mirror is named by both.
            chart = str(props.get("chart", "")).rpartition("/")[2].removesuffix(f"-{version}.tgz")
            if chart not in charts:
                yield f"Release {subject.name}: the chart {chart!r} is not in the catalogue: add it there"
            elif version != charts[chart]:
                yield f"Release {subject.name}: {chart} {version} is not the catalogue's version: use {charts[chart]}"
        elif subject.type.endswith(":Cluster"):
            version = props.get("version")
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

    return check
