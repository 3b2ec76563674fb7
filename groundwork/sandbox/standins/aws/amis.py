"""Image ids that AWS publishes in Parameter Store; made up here, one a name and region, always the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

KUBERNETES = ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36")
_ARCHITECTURES = ("x86_64", "arm64")


def _names() -> Iterator[str]:
    for version in KUBERNETES:
        for architecture in _ARCHITECTURES:
            for variant in ("standard", "nvidia", "neuron"):
                folder = f"/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/{architecture}/{variant}"
                yield f"{folder}/recommended/image_id"
                yield f"{folder}/recommended/release_version"
            for flavour in ("", "-nvidia"):
                folder = f"/aws/service/bottlerocket/aws-k8s-{version}{flavour}/{architecture}/latest"
                yield f"{folder}/image_id"
                yield f"{folder}/image_version"


def parameters(region: str) -> dict[str, str]:
    """Return name and value of each parameter in `region`."""
    return {name: _value(name, region) for name in _names()}


def _value(name: str, region: str) -> str:
    digest = hashlib.sha256(f"{region}{name}".encode()).hexdigest()[:17]
    if name.endswith("release_version"):
        return f"{name.split('/')[5]}.0-20260701"
    return "1.50.0" if name.endswith("image_version") else f"ami-{digest}"
