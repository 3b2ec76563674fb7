"""What programs wrote."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.contract import Contract


@dataclass(frozen=True, kw_only=True)
class Logs(Contract):
    """A store of logs that speaks Loki's API.

    Attributes:
        url: of that API inside the cluster: what collects pushes there, and what shows asks there.
        namespace: that it runs in.
    """

    url: str
    namespace: str
