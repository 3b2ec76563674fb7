"""Examples of the rules over versions."""

from __future__ import annotations

import datetime

from groundwork.core.catalogue import Addon, Catalogue, Chart, Image
from groundwork.policy.example import Example, one
from policies.examples._parts import CLUSTER

_ENDED = datetime.date(2026, 1, 31)
_CATALOGUE = Catalogue(
    kubernetes=("1.35",),
    charts={
        "keda": Chart(chart="keda", version="2.20.2", app_version="2.20.2", licence="Apache-2.0"),
        "ended": Chart(chart="ended", version="2.20.2", app_version="2", licence="MIT", end_of_life=_ENDED),
    },
    images={
        "mysql": Image(image="docker.io/library/mysql", tag="8.4.11", licence="GPL-2.0", digest=f"sha256:{'0' * 64}"),
        "old": Image(image="docker.io/library/old", tag="1.0", licence="MIT", end_of_life=_ENDED),
    },
    managed_addons={"coredns": Addon(version="v1.12")},
)
_FACTS = {"catalogue": _CATALOGUE}
_RELEASE = "kubernetes:helm.sh/v3:Release"
_POD = one(
    "kubernetes:core/v1:Pod",
    {
        "metadata": {"name": "db", "namespace": "ns"},
        "spec": {"containers": [{"name": "main", "image": f"docker.io/library/mysql:8.4.11@sha256:{'0' * 64}"}]},
    },
)
_IMAGE = "spec.containers.0.image"

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
        one(_RELEASE, {"chart": "keda", "version": "2.20.2"}),
        "chart",
        "ended",
        "Release it: ended 2.20.2 has had no fixes since 2026-01-31: raise it in the catalogue",
        _FACTS,
    ),
    Example(
        "catalogue-images",
        _POD,
        _IMAGE,
        "docker.io/library/mysql:9.0",
        "Pod ns/db: the container main runs docker.io/library/mysql:9.0, which is not the catalogue's version: "
        "use docker.io/library/mysql:8.4.11",
        _FACTS,
    ),
    Example(
        "catalogue-images",
        _POD,
        _IMAGE,
        "localhost:5000/mysql",
        "Pod ns/db: the container main runs localhost:5000/mysql, which is not in the catalogue: add it under images",
        _FACTS,
    ),
    Example(
        "catalogue-images",
        _POD,
        _IMAGE,
        "docker.io/library/old:1.0",
        "Pod ns/db: the container main runs docker.io/library/old:1.0, which has had no fixes since 2026-01-31: "
        "raise it",
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
