"""Rules over images and charts: who made them, and which of them runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig
from groundwork.policy.terms import ANY_CONTAINER, Demand, any_of, at, demand, not_
from groundwork.policy.values import texts_of
from policies._registries import ALLOWED
from policies._releases import RELEASE
from policies.pods import ASKED_FOR, INJECTED, POD_TYPES, containers

_BITNAMI = r"(^|[/.])bitnami(legacy|secure|charts|prem)?([/.:]|$)"


@RULES.admission(
    "no-latest",
    severity="high",
    controls=("NSA Kubernetes hardening: image provenance",),
    types=(*POD_TYPES, *ASKED_FOR),
)
def no_latest() -> Iterator[Demand]:
    """An image is named by a version or a digest.

    What was tested has to be what runs, on the node that starts tomorrow too.
    """
    versioned = any_of(INJECTED, at("image").matches("@sha256:"), at("image").matches(r":[^/:@]+$"))
    yield demand(ANY_CONTAINER, versioned, "has the image {value}, which has no version: name one", "image")
    latest = any_of(at("image").matches("@sha256:"), not_(at("image").matches(":latest$")))
    yield demand(ANY_CONTAINER, latest, "has the image {value}, which is another tomorrow: name a version", "image")


@RULES.resource(
    "images-by-digest", severity="low", controls=("NSA Kubernetes hardening: image provenance",), types=POD_TYPES
)
def images_by_digest(subject: Subject, facts: Facts) -> Iterator[str]:
    """In production an image is named by its digest.

    Whoever may write to the registry can put another image under the same version. It is advice, as long as the
    makers of charts name few digests themselves.
    """
    if facts.profile != "prod":
        return
    for container in containers(subject):
        image = str(container.get("image") or "")
        if image and "@sha256:" not in image:
            yield f"{subject.label}: the container {container.get('name')} has the image {image}: add its digest"


@RULES.admission(
    "allowed-registries",
    severity="high",
    controls=("CIS EKS 5.1.4", "NSA Kubernetes hardening: image provenance"),
    types=(*POD_TYPES, *ASKED_FOR),
)
def allowed_registries() -> Iterator[Demand]:
    """Images come from the publishers whom `policies/_registries.py` names.

    An image is somebody else's program with the pod's rights; a misspelt name is one that nobody has looked at.
    """
    known = any_of(INJECTED, *(at("image").matches(pattern) for pattern in ALLOWED))
    otherwise = "has the image {value}, whose publisher nobody has named: add it to policies/_registries.py"
    yield demand(ANY_CONTAINER, known, otherwise, "image")


@RULES.admission(
    "no-bitnami", severity="high", controls=("Groundwork: what gets fixes runs",), types=(*POD_TYPES, *ASKED_FOR)
)
def no_bitnami() -> Iterator[Demand]:
    """No image is Bitnami's.

    The free ones were moved to bitnamilegacy in 2025 and get no more fixes.
    """
    otherwise = "has the image {value}, which gets no more fixes: use its project's own"
    yield demand(ANY_CONTAINER, not_(at("image").matches(_BITNAMI)), otherwise, "image")


@RULES.resource("no-bitnami-charts", severity="high", controls=("Groundwork: what gets fixes runs",), types=(RELEASE,))
def no_bitnami_charts(subject: Subject, facts: Facts) -> Iterator[str]:
    """No chart is Bitnami's, and no chart is told to use an image of theirs.

    The free images were moved to bitnamilegacy in 2025 and get no more fixes, and their charts name them.
    """
    for where in ("chart", "repositoryOpts.repo"):
        named = str(dig(subject.props, where) or "")
        if re.search(_BITNAMI, named):
            yield f"Release {subject.name}: {where} is {named}, whose images get no more fixes: use another chart"
    values: Any = subject.props.get("values")
    for text in dict.fromkeys(texts_of(values)):
        if re.search(_BITNAMI, text) and not re.search(r"\s", text):
            yield f"Release {subject.name}: its values name {text}, which gets no more fixes: use its project's own"


@RULES.resource(
    "chart-images",
    severity="high",
    controls=("CIS EKS 5.1.4", "NSA Kubernetes hardening: image provenance"),
    types=(RELEASE,),
)
def chart_images(subject: Subject, facts: Facts) -> Iterator[str]:
    """No chart is told to use an image of an unknown publisher, or the latest one.

    What the chart makes of it is judged too, where the chart itself is rendered; its double keeps the chart's own.
    """
    for image in dict.fromkeys(_told(subject.props.get("values"))):
        name = f"Release {subject.name}: its values name the image {image}"
        # Without a version it is the chart's own.
        whole = image if re.search(r"(:[^/:]+|@sha256:.+)$", image) else f"{image}:its-own"
        if not any(re.search(pattern, whole) for pattern in ALLOWED):
            yield f"{name}, whose publisher nobody has named: add it to policies/_registries.py"
        if image.endswith(":latest"):
            yield f"{name}, which is another tomorrow: name a version"


def _told(value: Any, key: str = "") -> Iterator[str]:
    """Yield the images that a chart's values name: `image: {registry, repository, tag}`, or `image:` alone."""
    if isinstance(value, list):
        for item in value:
            yield from _told(item, key)
    if not isinstance(value, Mapping):
        return
    plain, named = value.get("image"), value.get("repository") if "image" in key.lower() else None
    # One word is a name beside a registry that stands elsewhere, as Istio's charts have it.
    found = named if isinstance(named, str) else plain if isinstance(plain, str) and re.search("[/:]", plain) else ""
    if found:
        registry, tag = value.get("registry"), value.get("tag")
        version = f":{tag}" if isinstance(tag, str) and tag and not re.search(r":[^/]*$", found) else ""
        yield (f"{registry}/" if isinstance(registry, str) and registry else "") + found + version
    for inner_key, inner in value.items():
        yield from _told(inner, str(inner_key))
