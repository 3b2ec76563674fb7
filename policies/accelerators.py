"""Accelerators as pods ask for them, and pools as they offer them: read from whatever says so."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from groundwork.data.instance_types import InstanceType, instance_types
from groundwork.policy.subject import Subject, dig, items, mapping, number, objects
from policies._environment import NODE_GROUP
from policies._releases import RELEASE
from policies.pods import POD_TYPES

GPU, NEURON = "nvidia.com/gpu", "aws.amazon.com/neuron"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
POOL_TYPES = (NODE_GROUP, NODE_POOL)
POOL_LABELS = "groundwork.example/"
"""What the platform's own labels of nodes begin with."""
TEMPLATE_TAG = "k8s.io/cluster-autoscaler/node-template/resources/"
"""What a tag of a node group begins with by which the cluster-autoscaler knows what a node that is not there has."""

# What makes pods besides Kubernetes' own workloads. A TrainJob is not among them: its runtime says where its pods land.
ASKING_TYPES = (
    *POD_TYPES,
    "kubernetes:serving.kserve.io/",
    "kubernetes:trainer.kubeflow.org/v1alpha1:ClusterTrainingRuntime",
    "kubernetes:trainer.kubeflow.org/v1alpha1:TrainingRuntime",
    "kubernetes:kubeflow.org/",
    "kubernetes:jobset.x-k8s.io/",
    "kubernetes:argoproj.io/v1alpha1:",
    "kubernetes:core/v1:ConfigMap",
    RELEASE,
)
_ASKED = re.compile(r"nvidia\.com/(gpu|gpu\.shared|mig-.+)|aws\.amazon\.com/neuron(core|device)?")
_PLACED_BY = ("nodeSelector", "affinity", "tolerations")
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
# Families of EC2 instance types with NVIDIA GPUs (g4dn, g5, g6e, gr6, p4d, p5en), and with AWS's own accelerators.
_GPU_FAMILY, _NEURON_FAMILY = re.compile(r"(g|gr|p)[0-9][a-z0-9-]*"), re.compile(r"(trn|inf)[0-9][a-z0-9-]*")
_INSTANCE_TYPE = "node.kubernetes.io/instance-type"
_INSTANCE_FAMILY, _INSTANCE_CATEGORY = "karpenter.k8s.aws/instance-family", "karpenter.k8s.aws/instance-category"
_MIG_LABEL = "nvidia.com/mig.config"


@dataclass(frozen=True)
class Asking:
    """Pods that ask for accelerators, and where they want to land.

    Attributes:
        resources: what one container asks for: resource -> how many.
        node_selector: label -> value.
        required: label -> values, of a required node affinity.
        tolerations: as the pods have them.
    """

    resources: Mapping[str, int]
    node_selector: Mapping[str, Any]
    required: Mapping[str, tuple[str, ...]]
    tolerations: tuple[Mapping[str, Any], ...]

    @property
    def placed(self) -> bool:
        """Whether they say where they want to land."""
        return bool(self.node_selector or self.required)

    def tolerates(self, taint: Mapping[str, Any]) -> bool:
        """Return whether they tolerate a taint, as Kubernetes counts it."""
        return any(_tolerates(toleration, taint) for toleration in self.tolerations)


def asking(subject: Subject) -> Iterator[Asking]:
    """Return all that asks for accelerators in an object, a template or a chart's values."""
    if subject.kind == "ConfigMap":
        # Airflow's pods of tasks are made from a template in one.
        for text in mapping(subject.props.get("data")).values():
            if isinstance(text, str) and "kind: Pod" in text:
                yield from _inside(_parsed(text), {})
    else:
        yield from _inside(subject.props, {})


def taint_key(resource: str) -> str:
    """Return the key of the taint of nodes that have a resource."""
    return NEURON if resource.startswith(NEURON) else GPU


def placed_as(place: Mapping[str, Any], resources: Mapping[str, int]) -> Asking:
    """Return pods with this spec, or what of it says where they land."""
    affinity = dig(place, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution")
    required: dict[str, tuple[str, ...]] = {}
    for term in objects(mapping(affinity).get("nodeSelectorTerms")):
        for expression in objects(term.get("matchExpressions")):
            values = tuple(map(str, items(expression.get("values"))))
            required[str(expression.get("key"))] = values
    selector = mapping(place.get("nodeSelector"))
    return Asking(resources, selector, required, tuple(objects(place.get("tolerations"))))


def _inside(value: Any, place: Mapping[str, Any]) -> Iterator[Asking]:
    if isinstance(value, list):
        for item in list.__iter__(value):
            yield from _inside(item, place)
    if not isinstance(value, dict):
        return
    place = {**place, **{key: value.get(key) for key in _PLACED_BY if dict.__contains__(value, key)}}
    found = _resources(value)
    if found:
        yield placed_as(place, found)
    # What is unknown elsewhere in an object hides no accelerator.
    for key, inner in dict.items(value):
        if key not in ("resources", *_PLACED_BY):
            yield from _inside(inner, place)


def _resources(container: Mapping[str, Any]) -> dict[str, int]:
    resources = mapping(container.get("resources")) if dict.__contains__(container, "resources") else {}
    found: dict[str, int] = {}
    for kind in ("requests", "limits"):
        for name, count in dict.items(resources[kind]) if isinstance(resources.get(kind), dict) else ():
            if _ASKED.fullmatch(str(name)) and _devices(count) > 0:
                found[str(name)] = _devices(count)
    return found


def _devices(value: Any) -> int:
    """Return how many devices a text or a number says: none for what no node can have."""
    found = number(value)
    return int(found) if math.isfinite(found) else 0


def _parsed(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return None


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    key, operator = toleration.get("key"), toleration.get("operator") or "Equal"
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if operator == "Exists":
        return key in (None, "", taint.get("key"))
    return key == taint.get("key") and (toleration.get("value") or "") == (taint.get("value") or "")


@dataclass(frozen=True)
class Pool:
    """A pool, whoever makes its nodes.

    Attributes:
        types: the instance types that its nodes may be; empty where something else chooses them.
        accelerator: the resource of its accelerators, None for a pool without.
        taints: as nodes have them: NoSchedule, not NO_SCHEDULE.
        offers: accelerators of one node, as pods ask for them: resource -> how many; empty where nothing says it.
    """

    subject: Subject
    name: str
    types: tuple[str, ...]
    accelerator: str | None
    labels: Mapping[str, Any]
    taints: tuple[Mapping[str, Any], ...]
    offers: Mapping[str, int] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """How messages name it: "NodeGroup gpu"."""
        return f"{self.subject.kind} {self.name}"

    @property
    def machines(self) -> list[InstanceType]:
        """Its instance types, those that are known."""
        known = instance_types()
        return [known[name] for name in self.types if name in known]

    def most(self, resource: str, wanted: int) -> int:
        """Return how many of a resource one node has; `wanted` where its machines are chosen elsewhere."""
        known = self.offers or (self.types and self.accelerator is None)
        return self.offers.get(resource, 0) if known else wanted

    @property
    def mig(self) -> str:
        """The profile by which its GPUs are partitioned, empty where they are not."""
        return str(self.labels.get(_MIG_LABEL) or "").removeprefix("all-")


def pool(subject: Subject) -> Pool:
    """Return a NodeGroup or a NodePool as a pool."""
    if subject.type == NODE_GROUP:
        return _node_group(subject)
    template = mapping(dig(subject.props, "spec.template"))
    spec = mapping(template.get("spec"))
    wanted = {
        str(each.get("key")): tuple(map(str, items(each.get("values"))))
        for each in objects(spec.get("requirements"))
        if each.get("operator") == "In"
    }
    types = wanted.get(_INSTANCE_TYPE, ())
    families = [*types, *wanted.get(_INSTANCE_FAMILY, ()), *(f"{c}1" for c in wanted.get(_INSTANCE_CATEGORY, ()))]
    kind = _accelerator(families)
    # By its name, its maker or its number, by whatever operator: only "none of these" asks for no GPU.
    asked = (
        each
        for each in objects(spec.get("requirements"))
        if each.get("operator") not in ("DoesNotExist", "NotIn", "Lt")
    )
    if kind is None and any(str(each.get("key")).startswith("karpenter.k8s.aws/instance-gpu-") for each in asked):
        kind = GPU
    labels = mapping(dig(template, "metadata.labels"))
    taints = tuple(objects(spec.get("taints")))
    return Pool(subject, subject.object_name, types, kind, labels, taints, _whole(types))


def _node_group(subject: Subject) -> Pool:
    props = subject.props
    types = tuple(map(str, items(props.get("instanceTypes"))))
    image = str(props.get("amiType") or "")
    kind = GPU if "NVIDIA" in image else NEURON if "NEURON" in image else _accelerator(types)
    taints = tuple(
        {**taint, "effect": _EFFECTS.get(str(taint.get("effect")))} for taint in objects(props.get("taints"))
    )
    offers = tagged(props) or _whole(types)
    name = str(props.get("nodeGroupName") or subject.name)
    return Pool(subject, name, types, kind, mapping(props.get("labels")), taints, offers)


def tagged(props: Mapping[str, Any]) -> dict[str, int]:
    """Return what the tags of a node group say of its accelerators."""
    tags = mapping(props.get("tags"))
    named = {key.removeprefix(TEMPLATE_TAG): _devices(tags.get(key)) for key in tags if key.startswith(TEMPLATE_TAG)}
    return {key: count for key, count in named.items() if _ASKED.fullmatch(key) and count > 0}


def _accelerator(names: tuple[str, ...] | list[str]) -> str | None:
    families = [name.partition(".")[0] for name in names]
    if any(map(_GPU_FAMILY.fullmatch, families)):
        return GPU
    return NEURON if any(map(_NEURON_FAMILY.fullmatch, families)) else None


def _whole(types: tuple[str, ...]) -> dict[str, int]:
    known = instance_types()
    most = max((known[name].gpus for name in types if name in known), default=0)
    return {GPU: most} if most else {}
