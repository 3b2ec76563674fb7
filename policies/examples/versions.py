"""Examples of the rules over versions."""

from __future__ import annotations

from groundwork.core.catalogue import Addon, Catalogue, Chart
from groundwork.policy.example import Example, one
from policies.examples._parts import CLUSTER

_CATALOGUE = Catalogue(
    kubernetes=("1.35",),
    charts={"keda": Chart(chart="keda", version="2.20.2", app_version="2.20.2", licence="Apache-2.0")},
    managed_addons={"coredns": Addon(version="v1.12")},
)
_FACTS = {"catalogue": _CATALOGUE}
_RELEASE = "kubernetes:helm.sh/v3:Release"

EXAMPLES = [
    Example(
        "catalogue-versions",
        CLUSTER,
        "version",
        "1.31",
        "Cluster it: Kubernetes 1.31 is not in the catalogue: use 1.35",
        _FACTS,
    ),
    Example(
        "catalogue-versions",
        one(_RELEASE, {"chart": "oci://example.com/charts/keda", "version": "2.20.2"}),
        "version",
        "2.1.0",
        "Release it: keda 2.1.0 is not the catalogue's version: use 2.20.2",
        _FACTS,
    ),
    Example(
        "catalogue-versions",
        one(_RELEASE, {"chart": "/mirror/keda-2.20.2.tgz", "version": "2.20.2"}),
        "chart",
        "/mirror/kedo-2.20.2.tgz",
        "Release it: the chart 'kedo' is not in the catalogue: add it there",
        _FACTS,
    ),
    Example(
        "catalogue-versions",
        one("aws:eks/addon:Addon", {"addonName": "coredns", "addonVersion": "v1.12"}),
        "addonVersion",
        "v1.11",
        "Addon coredns: version v1.11 is not the catalogue's: use v1.12",
        _FACTS,
    ),
    Example(
        "catalogue-versions",
        one("aws:eks/addon:Addon", {"addonName": "coredns", "addonVersion": "v1.12"}),
        "addonName",
        "cordns",
        "Addon cordns: is not in the catalogue: add it there",
        _FACTS,
    ),
]
