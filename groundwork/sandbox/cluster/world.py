"""What is in the cluster right now, as the reconcilers see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from groundwork.sandbox.cluster.marks import Object, annotations_of, full_name, leaving

HasIdentity = Callable[[str, str], bool | frozenset[str]]
"""Whether a pod of that namespace and service account reaches AWS: by a pod identity or IRSA that exists; the ARNs of
roles where it does if its service account names one of them."""

ROLE = "eks.amazonaws.com/role-arn"
"""What a service account says for its pods to come with a token, as whom (IRSA)."""


class Kind(NamedTuple):
    """A kind that the simulation watches."""

    api_version: str
    kind: str


NODE = Kind("v1", "Node")
POD = Kind("v1", "Pod")
CLAIM = Kind("v1", "PersistentVolumeClaim")
VOLUME = Kind("v1", "PersistentVolume")
SERVICE = Kind("v1", "Service")
SERVICE_ACCOUNT = Kind("v1", "ServiceAccount")
STORAGE_CLASS = Kind("storage.k8s.io/v1", "StorageClass")
CSI_DRIVER = Kind("storage.k8s.io/v1", "CSIDriver")
DEPLOYMENT = Kind("apps/v1", "Deployment")
DAEMON_SET = Kind("apps/v1", "DaemonSet")
CONFIG_MAP = Kind("v1", "ConfigMap")
WATCHED = (
    NODE,
    POD,
    CLAIM,
    VOLUME,
    SERVICE,
    SERVICE_ACCOUNT,
    STORAGE_CLASS,
    CSI_DRIVER,
    DEPLOYMENT,
    DAEMON_SET,
    CONFIG_MAP,
)


@dataclass(frozen=True)
class World:
    """A snapshot of every watched kind, each object by `namespace/name`."""

    objects: Mapping[Kind, Mapping[str, Object]] = field(default_factory=dict)

    def all(self, kind: Kind) -> list[Object]:
        """Return the objects of a kind in the order of their names."""
        found = self.objects.get(kind, {})
        return [found[name] for name in sorted(found)]

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """Return one object."""
        return self.objects.get(kind, {}).get(f"{namespace}/{name}" if namespace else name)

    def pods_by_node(self) -> dict[str, list[Object]]:
        """Return the pods that take room, by the node that they are bound to."""
        result: dict[str, list[Object]] = {}
        for pod in self.all(POD):
            node = pod["spec"].get("nodeName")
            if node and not is_finished(pod):
                result.setdefault(node, []).append(pod)
        return result


def world_of(objects: Iterable[Object]) -> World:
    """Return the world that holds exactly these objects."""
    sorted_out: dict[Kind, dict[str, Object]] = {}
    for obj in objects:
        sorted_out.setdefault(Kind(obj["apiVersion"], obj["kind"]), {})[full_name(obj)] = obj
    return World(sorted_out)


def is_finished(pod: Object) -> bool:
    """Whether a pod has ended and takes no room."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_ready(obj: Object) -> bool:
    """Whether a node or a pod says that it is ready."""
    return condition(obj, "Ready").get("status") == "True"


def condition(obj: Object, kind: str) -> Object:
    """Return one entry of `status.conditions`, empty if there is none."""
    for entry in (obj.get("status") or {}).get("conditions") or ():
        if entry["type"] == kind:
            return dict(entry)
    return {}


def containers(pod_spec: Mapping[str, Any]) -> Iterator[Object]:
    """Yield the containers and init containers of a pod."""
    yield from pod_spec.get("containers") or ()
    yield from pod_spec.get("initContainers") or ()


def runs_image(pod_spec: Mapping[str, Any], name: str) -> bool:
    """Whether a main container's image is the one of that name, in whatever registry and version.

    Args:
        name: with the folder before it where the name alone says too little: `karpenter/controller`.
    """
    return any(_repository(c.get("image", "")).endswith(f"/{name}") for c in pod_spec.get("containers") or ())


def _repository(image: str) -> str:
    folder, _, name = image.split("@")[0].rpartition("/")
    return f"/{folder}/{name.split(':')[0]}"


def image_name(image: str) -> str:
    """Return `k8s-device-plugin` of `nvcr.io/nvidia/k8s-device-plugin:v0.20.0@sha256:…`."""
    return image.split("@")[0].rsplit("/", 1)[-1].split(":")[0]


@dataclass(frozen=True)
class Controller:
    """A Deployment that should do some work for the cluster."""

    namespace: str
    name: str
    service_account: str
    arguments: tuple[str, ...]
    available: bool
    created: str

    @property
    def label(self) -> str:
        """Return its name for people."""
        return f"Deployment {self.namespace}/{self.name}"


def controllers(world: World, image: str) -> list[Controller]:
    """Return the Deployments that run an image, available ones first."""
    found = [
        _controller(deployment)
        for deployment in world.all(DEPLOYMENT)
        if not leaving(deployment) and runs_image(deployment["spec"]["template"]["spec"], image)
    ]
    return sorted(found, key=lambda c: (not c.available, c.namespace, c.name))


def _controller(deployment: Object) -> Controller:
    pod = deployment["spec"]["template"]["spec"]
    words = [word for c in containers(pod) for word in (*(c.get("command") or ()), *(c.get("args") or ()))]
    return Controller(
        namespace=deployment["metadata"]["namespace"],
        name=deployment["metadata"]["name"],
        service_account=pod.get("serviceAccountName") or "default",
        arguments=tuple(words),
        available=((deployment.get("status") or {}).get("availableReplicas") or 0) > 0,
        created=deployment["metadata"].get("creationTimestamp", ""),
    )


def working(world: World, image: str, what: str, identity: HasIdentity | None) -> Controller | str:
    """Return the controller that does a work, or the sentence that says why none does.

    Args:
        world: what is there.
        image: name of the controller's image.
        what: how people call it.
        identity: if it needs AWS, who has an identity there.
    """
    found = controllers(world, image)
    if not found:
        return f"no {what} is installed"
    first = found[0]
    if not first.available:
        return f"the {what} ({first.label}) has no available pod"
    reaches = True if identity is None else identity(first.namespace, first.service_account)
    if isinstance(reaches, frozenset):
        account = world.get(SERVICE_ACCOUNT, first.service_account, first.namespace)
        said = annotations_of(account).get(ROLE) if account else None
        if said not in reaches:
            return (
                f"the {what} ({first.label}) has no cloud identity: service account "
                f"{first.namespace}/{first.service_account} does not say {ROLE}: {' or '.join(sorted(reaches))}"
            )
    elif not reaches:
        return (
            f"the {what} ({first.label}) has no cloud identity: service account "
            f"{first.namespace}/{first.service_account} has neither a pod identity with its agent nor IRSA with its "
            "OIDC provider"
        )
    return first
