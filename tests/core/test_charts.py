"""Where a chart comes from: its repository, the mirror where one is set, and a clear word where there is neither."""

from pathlib import Path

import pytest

from groundwork.core.catalogue import Chart
from groundwork.core.charts import MIRROR, SANDBOX, _locate
from groundwork.core.errors import StackError

_HTTP = Chart(chart="keda", version="2.20.2", app_version="2", licence="x", repository="https://charts.example.com")
_OCI = Chart(chart="keda", version="2.20.2", app_version="2", licence="x", repository="oci://example.com/charts")
_NONE = Chart(chart="pipelines", version="26.3.0", app_version="2", licence="x", source="example.com/repo, kustomize")


@pytest.fixture(autouse=True)
def _outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SANDBOX, raising=False)
    monkeypatch.delenv(MIRROR, raising=False)


def test_an_oci_repository_is_part_of_the_charts_reference() -> None:
    assert _locate("keda", _HTTP) == ("keda", "https://charts.example.com")
    assert _locate("keda", _OCI) == ("oci://example.com/charts/keda", None)


def test_with_a_mirror_nothing_comes_from_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(MIRROR, str(tmp_path))
    with pytest.raises(StackError) as error:
        _locate("keda", _HTTP)
    assert error.value.problems == (
        f"the mirror {tmp_path} has no keda-2.20.2.tgz (keda); put it there, or unset GROUNDWORK_MIRROR",
    )
    (tmp_path / "keda-2.20.2.tgz").touch()
    assert _locate("keda", _HTTP) == (str(tmp_path / "keda-2.20.2.tgz"), None)


def test_what_upstream_does_not_ship_needs_a_mirror() -> None:
    with pytest.raises(StackError) as error:
        _locate("kubeflow-pipelines", _NONE)
    assert error.value.problems == (
        "kubeflow-pipelines: upstream ships no chart, only example.com/repo, kustomize: build pipelines-26.3.0.tgz "
        "of it, and name its folder in GROUNDWORK_MIRROR",
    )
