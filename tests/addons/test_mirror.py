"""What is wrong with the charts of a stack is told before the first resource, all at once."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.catalogue import Catalogue, load_catalogue
from groundwork.core.charts import MIRROR
from groundwork.core.errors import StackError
from groundwork.core.mirror import Locked, digest_of, write_lock
from tests.addons.conftest import Build

ROOT = Path(__file__).parents[2]
STACK: dict[str, Any] = {"kserve": {}, "cert-manager": {}, "keda": {}, "metrics-server": {}}


def test_every_archive_that_a_mirror_lacks_is_named(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also both of one component's, and of a component that another one needs."""
    monkeypatch.setenv(MIRROR, str(tmp_path))
    for name in ("keda-2.20.2.tgz", "metrics-server-3.12.0.tgz"):
        (tmp_path / name).write_bytes(b"cut")
    write_lock(tmp_path, {"keda": Locked(file="keda-2.20.2.tgz", digest=f"sha256:{'0' * 64}", source="x")})
    with pytest.raises(StackError) as error:
        build(STACK)
    told = f"run `groundwork mirror --to {tmp_path} --only"

    def missing(key: str, archive: str, instead: str = "") -> str:
        return f"the mirror {tmp_path} has no {archive}.tgz ({key}){instead}; {told} {key}`, or unset {MIRROR}"

    assert sorted(error.value.problems) == sorted(
        [
            missing("cert-manager", "cert-manager-v1.21.1"),
            missing("kserve-resources", "kserve-resources-v0.20.0"),
            missing("kserve-runtime-configs", "kserve-runtime-configs-v0.20.0"),
            missing("metrics-server", "metrics-server-3.13.1", ", but metrics-server-3.12.0.tgz"),
            f"keda: {tmp_path / 'keda-2.20.2.tgz'} is not what the mirror's lock says: expected sha256:{'0' * 64}, "
            f"found {digest_of(tmp_path / 'keda-2.20.2.tgz')}; delete it and {told} keda`",
        ]
    )


def test_every_chart_that_is_past_its_end_is_named(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = load_catalogue(ROOT)
    ended = {"end_of_life": datetime.date(2025, 1, 31), "keep_until": None}
    charts = {
        key: entry.model_copy(update=ended if key in ("keda", "kserve-resources", "kserve-runtime-configs") else {})
        for key, entry in catalogue.charts.items()
    }
    old: Catalogue = catalogue.model_copy(update={"charts": charts})
    monkeypatch.setattr("groundwork.core.program.load_catalogue", lambda root: old)
    with pytest.raises(StackError) as error:
        build(STACK)
    assert [problem.partition(": raise it in ")[0] for problem in sorted(error.value.problems)] == [
        "keda: 2.20.2 has had no fixes since 2025-01-31",
        "kserve-resources: v0.20.0 has had no fixes since 2025-01-31",
        "kserve-runtime-configs: v0.20.0 has had no fixes since 2025-01-31",
    ]
