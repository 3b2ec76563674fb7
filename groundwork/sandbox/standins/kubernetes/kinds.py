"""Which Kubernetes kind a Pulumi type token means."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.sandbox.standins.protocol import ProviderError, type_of

RELEASE = "kubernetes:helm.sh/v3:Release"

_COMPONENTS = {
    "kubernetes:yaml/v2:ConfigGroup": "register each of its documents as a resource of its own kind",
    "kubernetes:yaml/v2:ConfigFile": "register each of its documents as a resource of its own kind",
    "kubernetes:kustomize/v2:Directory": "build it into a chart of the mirror and install that as a Release",
    "kubernetes:helm.sh/v4:Chart": "use kubernetes.helm.v3.Release, which runs the chart's hooks too",
}

# The groups that the API server serves itself; every other group comes from a CustomResourceDefinition.
_BUILT_IN = frozenset(
    {
        "",
        "apps",
        "autoscaling",
        "batch",
        "policy",
        *(
            f"{group}.k8s.io"
            for group in (
                "admissionregistration",
                "apiextensions",
                "apiregistration",
                "authentication",
                "authorization",
                "certificates",
                "coordination",
                "discovery",
                "events",
                "flowcontrol.apiserver",
                "internal.apiserver",
                "networking",
                "node",
                "rbac.authorization",
                "resource",
                "scheduling",
                "storage",
                "storagemigration",
            )
        ),
    }
)


@dataclass(frozen=True)
class Kind:
    """The apiVersion and kind of a resource; `patch` if it manages only some fields of another's object."""

    api_version: str
    kind: str
    patch: bool = False

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return group_of(self.api_version)

    @property
    def is_crd(self) -> bool:
        """Whether it is a CustomResourceDefinition."""
        return self.group == "apiextensions.k8s.io" and self.kind == "CustomResourceDefinition"


def group_of(api_version: str) -> str:
    """Return the group of an apiVersion, empty for the core group."""
    return api_version.rpartition("/")[0]


def is_built_in(api_version: str) -> bool:
    """Tell whether the API server serves the group itself, without a CustomResourceDefinition."""
    return group_of(api_version) in _BUILT_IN


def kind_of(urn: str, declared: object = None) -> Kind:
    """Return the kind that the type token of `urn` means.

    `declared` is the input `kind`, if there is one: it tells a Patch resource from a kind whose name ends
    in Patch. Raises ProviderError for what cannot be a resource of its own.
    """
    token = type_of(urn)
    if token in _COMPONENTS:
        raise ProviderError(f"the sandbox does not expand {token}: {_COMPONENTS[token]}")
    parts = token.split(":")
    group, slash, version = parts[1].rpartition("/") if len(parts) == 3 else ("", "", "")
    if not slash or not parts[2]:
        raise ProviderError(f"{token!r} is not a type of this provider: expected kubernetes:<group>/<version>:<Kind>")
    group = "" if group == "core" else group
    api_version = f"{group}/{version}" if group else version
    kind = parts[2]
    if kind.endswith("List") and is_built_in(api_version) and len(kind) > len("List"):
        raise ProviderError(
            "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be "
            "created directly. Use the underlying resource type instead"
        )
    if kind.endswith("Patch") and (is_built_in(api_version) or declared == kind.removesuffix("Patch")):
        return Kind(api_version, kind.removesuffix("Patch"), patch=True)
    return Kind(api_version, kind)
