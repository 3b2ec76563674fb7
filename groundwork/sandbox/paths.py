"""Where one sandbox keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SandboxPaths:
    """The folders and files of the sandbox at `root`; nothing of it is readable for anybody else."""

    root: Path

    @property
    def certs(self) -> Path:
        """Folder of the control plane's keys, certificates and tokens."""
        return self.root / "certs"

    @property
    def etcd_data(self) -> Path:
        """Folder of every Kubernetes object."""
        return self.root / "etcd"

    @property
    def logs(self) -> Path:
        """Folder with one log a process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Folder of process ids, chosen ports and sockets."""
        return self.root / "run"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.root / "kubeconfig"

    @property
    def pulumi_home(self) -> Path:
        """The sandbox's own PULUMI_HOME, so that the user's is never touched."""
        return self.root / "pulumi-home"

    @property
    def pulumi_state(self) -> Path:
        """Folder of the engine's file backend."""
        return self.root / "pulumi-state"

    @property
    def passphrase_file(self) -> Path:
        """The passphrase of the stacks' secrets."""
        return self.root / "passphrase"

    @property
    def project(self) -> Path:
        """The shadow of the project: links, and copies of the stack files."""
        return self.root / "project"

    @property
    def rendered(self) -> Path:
        """What the charts of the sandbox rendered."""
        return self.root / "standins" / "kubernetes" / "rendered"

    @property
    def mirror(self) -> Path:
        """Charts, CRDs and value schemas that this sandbox packed itself."""
        return self.root / "mirror"

    @property
    def standins_settings(self) -> Path:
        """What the stand-ins' process is told when it starts."""
        return self.root / "standins.json"

    @property
    def standins_ready(self) -> Path:
        """What the stand-ins' process answers when it serves: its ports."""
        return self.root / "standins-ready.json"

    @property
    def bin(self) -> Path:
        """Folder of shims that come first on the engine's PATH."""
        return self.root / "bin"

    def create(self) -> None:
        """Make the folders, open to nobody but this user (0700), also those that exist already."""
        for folder in (
            self.root,
            self.certs,
            self.etcd_data,
            self.logs,
            self.run,
            self.pulumi_home,
            self.pulumi_state,
            self.project,
            self.mirror,
            self.bin,
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
