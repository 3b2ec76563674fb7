"""A mirror with a corrupted archive is refused before a rehearsal starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.core.charts import MIRROR
from groundwork.core.errors import StackError
from groundwork.core.mirror import digest_of
from groundwork.core.project import load_project
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.rehearsal.stage import check_mirrors
from tests.mirror.conftest import catalogue


@pytest.mark.parametrize("chosen", [True, False])
def test_a_corrupted_archive_is_found_before_the_first_resource(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    load_catalogue.cache_clear()
    monkeypatch.setenv("GROUNDWORK_HOME", str(tmp_path / "home"))
    mirror = tmp_path / ("elsewhere" if chosen else "home/mirror")
    mirror.mkdir(parents=True)
    if chosen:
        monkeypatch.setenv(MIRROR, str(mirror))
    else:
        monkeypatch.delenv(MIRROR, raising=False)
    expected = f"sha256:{'0' * 64}"
    entry = {"chart": "painter", "version": "1.0.0", "repository": "https://example.com", "digest": expected}
    catalogue(root, paint=entry)
    project, sandbox = load_project(root), Sandbox.of(root, "dev")
    check_mirrors(project, sandbox)
    archive = mirror / "painter-1.0.0.tgz"
    archive.write_bytes(b"not a chart")
    with pytest.raises(StackError) as error:
        check_mirrors(project, sandbox)
    assert error.value.problems == (
        f"paint: {archive} is not what the catalogue says: expected {expected}, found {digest_of(archive)}; "
        f"delete it and run `groundwork mirror --to {mirror} --only paint`",
    )
