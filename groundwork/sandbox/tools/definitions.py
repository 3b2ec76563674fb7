"""Which tools a sandbox needs, in which versions, and how each is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

MODULES = Path(__file__).resolve().parents[1] / "modules"
"""The pinned Go modules, one folder a tool: `go.mod` has the version, `go.sum` every digest."""

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Binary:
    """One program of a tool.

    Attributes:
        name: the file name, as it stands on PATH.
        package: the Go package that it is built from.
        version_command: arguments that make it print its version without side effects.
        any_patch: any patch release of the tool's minor version will do from PATH.
    """

    name: str
    package: str
    version_command: tuple[str, ...]
    any_patch: bool = False

    @property
    def built_as(self) -> str:
        """The file name that `go build` gives it: the last part of the package that is no major version."""
        return next(part for part in reversed(self.package.split("/")) if not _is_major(part))


@dataclass(frozen=True)
class Tool:
    """A third-party program, or several of one release.

    Attributes:
        name: the folder in `modules/`.
        version: without a leading `v`.
        module: the Go module, required at `v<version>` in `go.mod`.
        link_variables: Go variables set while linking.
        installed_bytes: what it takes on the disk.
        cache_bytes: what building it adds to the modules and the build cache, which stay until all is built.
        linking_bytes: what it takes besides while it is built.
        build_minutes: how long building it takes on 2 cores, fetching included.

    The numbers were measured by building all from nothing in the order of `TOOLS`, by tests/fresh_machine.sh.
    """

    name: str
    version: str
    module: str
    binaries: tuple[Binary, ...]
    installed_bytes: int
    cache_bytes: int
    linking_bytes: int
    build_minutes: float
    link_variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def label(self) -> str:
        """The tool as a person names it."""
        return f"{self.name} {self.version}"

    @property
    def folder(self) -> str:
        """The name of its folder among the installed tools."""
        return f"{self.name}-{self.version}"

    @property
    def module_dir(self) -> Path:
        """The folder with the `go.mod` and `go.sum` that it is built from."""
        return MODULES / self.name


def _is_major(part: str) -> bool:
    return part[:1] == "v" and part[1:].isdigit()


_KUBERNETES = "k8s.io/kubernetes"
_COMPONENT_VERSION = "k8s.io/component-base/version"

TOOLS: tuple[Tool, ...] = (
    Tool(
        name="etcd",
        version="3.7.3",
        module="go.etcd.io/etcd/server/v3",
        binaries=(Binary("etcd", "go.etcd.io/etcd/server/v3", ("--version",)),),
        installed_bytes=25 * MEGABYTE,
        cache_bytes=461 * MEGABYTE,
        linking_bytes=235 * MEGABYTE,
        build_minutes=1,
    ),
    Tool(
        name="kubernetes",
        version="1.36.3",
        module=_KUBERNETES,
        binaries=(
            Binary("kube-apiserver", f"{_KUBERNETES}/cmd/kube-apiserver", ("--version",)),
            Binary("kube-controller-manager", f"{_KUBERNETES}/cmd/kube-controller-manager", ("--version",)),
            Binary("kube-scheduler", f"{_KUBERNETES}/cmd/kube-scheduler", ("--version",)),
            Binary(
                "kubectl",
                f"{_KUBERNETES}/cmd/kubectl",
                ("version", "--client", "--output=json"),
                any_patch=True,
            ),
        ),
        # Without a version of its own the API server calls itself v0.0.0-master, which no chart with a
        # `kubeVersion` accepts.
        link_variables=MappingProxyType(
            {
                f"{_COMPONENT_VERSION}.gitVersion": "v1.36.3",
                f"{_COMPONENT_VERSION}.gitMajor": "1",
                f"{_COMPONENT_VERSION}.gitMinor": "36",
                f"{_COMPONENT_VERSION}.gitTreeState": "clean",
            }
        ),
        installed_bytes=335 * MEGABYTE,
        cache_bytes=3190 * MEGABYTE,
        linking_bytes=2810 * MEGABYTE,
        build_minutes=6,
    ),
    Tool(
        name="pulumi",
        version="3.259.0",
        module="github.com/pulumi/pulumi/pkg/v3",
        binaries=(Binary("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", ("version",)),),
        # Without it the CLI calls itself 0.0.0 and the Automation API refuses it as too old.
        link_variables=MappingProxyType({"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.259.0"}),
        installed_bytes=117 * MEGABYTE,
        cache_bytes=2590 * MEGABYTE,
        linking_bytes=1210 * MEGABYTE,
        build_minutes=4,
    ),
    Tool(
        name="kwok",
        version="0.8.0",
        module="sigs.k8s.io/kwok",
        binaries=(Binary("kwok", "sigs.k8s.io/kwok/cmd/kwok", ("--version",)),),
        installed_bytes=65 * MEGABYTE,
        cache_bytes=709 * MEGABYTE,
        linking_bytes=463 * MEGABYTE,
        build_minutes=1.5,
    ),
    Tool(
        name="helm",
        version="3.22.0",
        module="helm.sh/helm/v3",
        binaries=(Binary("helm", "helm.sh/helm/v3/cmd/helm", ("version", "--template={{.Version}}")),),
        # Without it helm calls itself v3.22, and a chart that asks for a patch release is refused.
        link_variables=MappingProxyType({"helm.sh/helm/v3/internal/version.version": "v3.22.0"}),
        installed_bytes=62 * MEGABYTE,
        cache_bytes=630 * MEGABYTE,
        linking_bytes=424 * MEGABYTE,
        build_minutes=1.5,
    ),
)
"""In the order in which they are built: the shortest first, so that a broken network shows within seconds."""
