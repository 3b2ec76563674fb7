"""What the processes of the stand-ins are told when they start, and what they answer when they serve: JSON files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.paths import SandboxPaths


@dataclass(frozen=True)
class Arrangement:
    """The settings of one sandbox's stand-ins.

    Attributes:
        root: the sandbox's folder.
        account_id: the AWS account that the emulated API is.
        region: its main region.
        existing_cluster: whether there is a cluster that nobody provisions, as in an environment without AWS.
        helm: the Helm 3 binary.
        mirrors: folders with charts, searched in this order.
        inventory: the folder of inventories, from which doubles are made.
        digests: sha256 by `<chart>-<version>`, as the catalogue has them.
        networks: what the stacks take for granted in AWS, as `standins.aws.existing` has it.
    """

    root: str
    account_id: str
    region: str
    existing_cluster: bool
    helm: str
    mirrors: tuple[str, ...]
    inventory: str
    digests: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**values, "mirrors": tuple(values["mirrors"]), "networks": tuple(values["networks"])})

    def write(self, path: Path) -> None:
        """Write it for the processes to read."""
        write_json(path, asdict(self))

    @property
    def paths(self) -> SandboxPaths:
        """The sandbox's files."""
        return SandboxPaths(Path(self.root))


@dataclass(frozen=True)
class Ready:
    """What the stand-ins' process answers.

    Attributes:
        providers: package -> port.
        moto_url: the emulated AWS API.
        control: the port of `control`, on which only who knows `token` is answered.
        phases: what starting took, in seconds, by name.
    """

    pid: int
    providers: Mapping[str, int]
    moto_url: str
    control: int
    token: str
    phases: Mapping[str, float]

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read the answer; None where there is none yet."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None


@dataclass(frozen=True)
class Emulation:
    """What the process of the emulated AWS API answers; each start of it is another `instance`, with nothing in it."""

    pid: int
    url: str
    seconds: float
    instance: str = ""


def read_emulation(paths: SandboxPaths) -> Emulation | None:
    """Return where the emulated AWS API is, None while that is not told yet."""
    try:
        return Emulation(**json.loads(emulation_file(paths).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def emulation_file(paths: SandboxPaths) -> Path:
    """Return the file in which the emulated AWS API tells its address."""
    return paths.run / "emulation.json"


def endpoint_file(paths: SandboxPaths) -> Path:
    """Return the file that tells the stand-ins where the API server is, once there is one."""
    return paths.run / "endpoint.json"


def write_endpoint(paths: SandboxPaths, endpoint: ClusterEndpoint) -> None:
    """Tell the stand-ins where the API server is."""
    write_json(endpoint_file(paths), {name: str(value) for name, value in asdict(endpoint).items()})


def read_endpoint(paths: SandboxPaths) -> ClusterEndpoint | None:
    """Return where the API server is, None while that is not told yet."""
    try:
        told: dict[str, str] = json.loads(endpoint_file(paths).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return ClusterEndpoint(told.pop("url"), **{name: Path(value) for name, value in told.items()})


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write in one step, for nobody else to read."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
    draft.replace(path)
