"""What is judged: a resource of the program, or an object that a chart renders."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from groundwork.policy.values import UndecidableError


@dataclass(frozen=True)
class Subject:
    """One resource, as a rule sees it.

    Attributes:
        type: its token: "aws:s3/bucket:Bucket", "kubernetes:apps/v1:Deployment".
        name: its logical name in the program; the object's own name where a chart made it.
        props: its properties, camelCase. Reading one that is unknown in a preview raises `UndecidableError`.
        urn: empty where a chart made it.
        references: property -> URNs of the resources that its value comes from.
        protected: whether the engine refuses to delete it.
        origin: empty for the program's own; "keda 2.20.2" for what a chart renders.
        double: whether the chart was a double.
        secrets: the texts in its properties that are secret: never shown.
    """

    type: str
    name: str
    props: Mapping[str, Any]
    urn: str = ""
    references: Mapping[str, Sequence[str]] = field(default_factory=dict)
    protected: bool = False
    origin: str = ""
    double: bool = False
    secrets: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The last part of its type: "Bucket", "Deployment"."""
        return self.type.rpartition(":")[2]

    @cached_property
    def namespace(self) -> str:
        """The namespace of a Kubernetes object; empty where it has none or none is known."""
        return str(self._metadata("namespace") or "")

    @cached_property
    def object_name(self) -> str:
        """The name of a Kubernetes object; else, or where it is not known, the logical name."""
        return str(self._metadata("name") or self.name)

    @cached_property
    def label(self) -> str:
        """How messages and exemptions name it: "Deployment mlflow/mlflow", "Bucket mlflow"."""
        space = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {space}{self.object_name}"

    def _metadata(self, key: str) -> Any:
        if not self.type.startswith("kubernetes:"):
            return None
        try:
            return dig(self.props, f"metadata.{key}")
        except UndecidableError:
            return None


def dig(value: Any, path: str, default: Any = None) -> Any:
    """Return what lies at a dotted path; `default` where a part of it is missing, or not what it should be."""
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return default
        value = value.get(part)
    return default if value is None else value


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a property that should be an object: an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """Return a list property's items; one object where the provider takes a single block; none for nothing."""
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return [value]


def number(value: Any) -> float:
    """Return a property that should be a number, perhaps as text: 0 for anything else; it may be infinite."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return 0
    except OverflowError:
        return math.inf
    return 0 if math.isnan(found) else found


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Return those items of a list property that are objects."""
    yield from (item for item in items(value) if isinstance(item, Mapping))


def of_object(manifest: Mapping[str, Any], *, origin: str = "", double: bool = False) -> Subject:
    """Return a Kubernetes object as a subject: of a manifest that a chart rendered, or of an API server's answer."""
    version = str(manifest.get("apiVersion") or "v1")
    group = version if "/" in version else f"core/{version}"
    name = str(dig(manifest, "metadata.name") or "")
    return Subject(f"kubernetes:{group}:{manifest.get('kind')}", name, manifest, origin=origin, double=double)
