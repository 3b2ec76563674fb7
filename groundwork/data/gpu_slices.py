"""Into which slices a GPU of NVIDIA can be partitioned (MIG): how many of each profile one GPU holds.

As `all-<profile>` in the configuration that the GPU operator v26.7.0 brings for its MIG manager
(assets/state-mig-manager/0400_configmap.yaml); a profile is named after its share of the compute units and its memory.
GPUs that are not listed cannot be partitioned, or not by that configuration.
"""

from __future__ import annotations

from collections.abc import Mapping

from groundwork.data.instance_types import Accelerator

_80_GIB = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1}
_PROFILES: Mapping[tuple[str, int], Mapping[str, int]] = {
    ("A100", 40): {"1g.5gb": 7, "1g.10gb": 4, "2g.10gb": 3, "3g.20gb": 2, "4g.20gb": 1, "7g.40gb": 1},
    ("A100", 80): _80_GIB,
    ("H100", 80): _80_GIB,
    ("H200", 141): {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1},
    ("B200", 179): {"1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2, "4g.90gb": 1, "7g.180gb": 1},
    ("B300", 268): {"1g.34gb": 7, "1g.67gb": 4, "2g.67gb": 3, "3g.135gb": 2, "4g.135gb": 1, "7g.269gb": 1},
    ("RTX PRO Server 6000", 96): {"1g.24gb": 4, "2g.48gb": 2, "4g.96gb": 1},
}


def slices(accelerator: Accelerator) -> Mapping[str, int]:
    """Return profile -> how many of it one GPU holds; empty for a GPU that cannot be partitioned."""
    return _PROFILES.get((accelerator.model, int(accelerator.memory_gib or 0)), {})
