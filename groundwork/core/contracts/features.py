"""What nodes say of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.contract import Contract


@dataclass(frozen=True, kw_only=True)
class NodeFeatures(Contract):
    """Labels on each node of the devices in it, and of whatever programs there write into `folder`.

    Attributes:
        namespace: of what makes labels of it.
        folder: of a node; each file in it has lines `label=value`.
    """

    namespace: str
    folder: str
