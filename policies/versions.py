"""Rules over versions: only what the catalogue has."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.core.catalogue import Chart, Image
from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject
from policies._releases import RELEASE, chart_of
from policies.pods import POD_TYPES, containers

_CLUSTER, _ADDON = "aws:eks/cluster:Cluster", "aws:eks/addon:Addon"


@RULES.resource(
    "catalogue-versions",
    severity="high",
    controls=("Groundwork: what was tested is what runs",),
    types=(RELEASE, _CLUSTER, _ADDON),
)
def catalogue_versions(subject: Subject, facts: Facts) -> Iterator[str]:
    """Charts, the cluster and its managed add-ons have the catalogue's versions.

    Only those were rehearsed together, and only of those does anybody know until when they get fixes.
    """
    props, catalogue = subject.props, facts.catalogue
    version = props.get("version")
    if subject.type == RELEASE:
        charts = {chart.chart: chart for chart in catalogue.charts.values()}
        chart = chart_of(subject)
        if chart not in charts:
            yield f"Release {subject.name}: the chart {chart!r} is not in the catalogue: add it there"
        elif version != charts[chart].version:
            valid = charts[chart].version
            yield f"Release {subject.name}: {chart} {version} is not the catalogue's version: use {valid}"
        elif _is_past(charts[chart], facts):
            end = charts[chart].end_of_life
            yield f"Release {subject.name}: {chart} {version} has had no fixes since {end}: raise it in the catalogue"
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


@RULES.resource(
    "catalogue-images",
    severity="medium",
    controls=("Groundwork: what was tested is what runs",),
    types=POD_TYPES,
)
def catalogue_images(subject: Subject, facts: Facts) -> Iterator[str]:
    """The program's own pods run the catalogue's images, of which there are still fixes; a chart's are the chart's.

    An image that somebody named in passing is one that nobody watches.
    """
    images = {image.image: image for image in facts.catalogue.images.values()}
    tagged = {image.reference.partition("@")[0]: image for image in facts.catalogue.images.values()}
    for container in containers(subject) if not subject.origin else ():
        named = str(container.get("image") or "").partition("@")[0]
        repository = named.rpartition(":")[0] if ":" in named.rpartition("/")[2] else named
        where = f"{subject.label}: the container {container.get('name')}"
        if repository not in images:
            yield f"{where} runs {named}, which is not in the catalogue: add it under images"
        elif named not in tagged:
            valid = ", ".join(sorted(key for key, image in tagged.items() if image.image == repository))
            yield f"{where} runs {named}, which is not the catalogue's version: use {valid}"
        elif _is_past(tagged[named], facts):
            yield f"{where} runs {named}, which has had no fixes since {tagged[named].end_of_life}: raise it"


def _is_past(entry: Chart | Image, facts: Facts) -> bool:
    end = entry.end_of_life
    return end is not None and max(end, entry.keep_until or end) < facts.today
