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
        f"the mirror {tmp_path} has no keda-2.20.2.tgz (keda); "
        f"run `groundwork mirror --to {tmp_path} --only keda`, or unset GROUNDWORK_MIRROR",
    )
    (tmp_path / "keda-2.20.2.tgz").touch()
    assert _locate("keda", _HTTP) == (str(tmp_path / "keda-2.20.2.tgz"), None)


def test_a_mirror_is_a_folder_by_its_absolute_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The engine runs a program elsewhere: a relative path would name another folder there."""
    monkeypatch.setenv(MIRROR, "charts")
    with pytest.raises(StackError) as error:
        _locate("keda", _HTTP)
    here = Path.cwd() / "charts"
    assert error.value.problems == (f"GROUNDWORK_MIRROR has to be an absolute path (got 'charts'): write {here}",)
    monkeypatch.setenv(MIRROR, str(tmp_path / "charts"))
    with pytest.raises(StackError) as error:
        _locate("keda", _HTTP)
    assert error.value.problems == (
        f"GROUNDWORK_MIRROR names {tmp_path / 'charts'}, which is no folder: "
        f"run `groundwork mirror --to {tmp_path / 'charts'}`, or unset GROUNDWORK_MIRROR",
    )
    monkeypatch.setenv(MIRROR, "")
    assert _locate("keda", _HTTP) == ("keda", "https://charts.example.com")


def test_a_mirrors_archive_that_is_not_the_catalogues_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(MIRROR, str(tmp_path))
    archive = tmp_path / "keda-2.20.2.tgz"
    archive.write_bytes(b"")
    nothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    other = f"sha256:{'0' * 64}"
    assert _locate("keda", _HTTP.model_copy(update={"digest": nothing})) == (str(archive), None)
    with pytest.raises(StackError) as error:
        _locate("keda", _HTTP.model_copy(update={"digest": other}))
    assert error.value.problems == (
        f"keda: {archive} is not what the catalogue says: expected {other}, found {nothing}; "
        f"delete it and run `groundwork mirror --to {tmp_path} --only keda`",
    )


def test_what_upstream_does_not_ship_needs_a_mirror() -> None:
    with pytest.raises(StackError) as error:
        _locate("kubeflow-pipelines", _NONE)
    assert error.value.problems == (
        "kubeflow-pipelines: upstream ships no chart, only example.com/repo, kustomize: run `groundwork mirror "
        "--to DIR`, which builds pipelines-26.3.0.tgz of it, and name DIR in GROUNDWORK_MIRROR",
    )
