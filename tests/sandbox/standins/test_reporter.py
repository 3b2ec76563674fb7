"""The questions that the rehearsal asks of the stand-ins' process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.standins.facts import Reporter


class _Calm:
    """A cloud and a cluster that have nothing to do."""

    def __init__(self, order: list[str]) -> None:
        self._order = order

    def wait(self, timeout: float) -> None:
        self._order.append("cloud")

    def settle(self, timeout: float) -> bool:
        self._order.append("cluster")
        return True


def test_nothing_of_a_product_can_be_called_once_the_cluster_has_settled(tmp_path: Path) -> None:
    """Webhooks are neutralised before the cluster is waited for, and the wait does not end before they are."""
    order: list[str] = []
    calm = cast("Any", _Calm(order))
    record = tmp_path / "record.json"
    sweep = lambda: order.append("webhooks")  # noqa: E731 - one word more would say no more
    reporter = Reporter(SandboxPaths(tmp_path), cast("Any", None), calm, calm, {}, record, record, sweep)
    assert reporter.settle(1.0)
    assert order == ["webhooks", "cloud", "cluster"]
