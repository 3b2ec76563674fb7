"""Filling a mirror with the real Helm, from a repository on the loopback; and finding what is wrong with one."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.core.errors import StackError
from groundwork.core.mirror import check_archives, digest_of
from groundwork.mirror.archive import pack
from groundwork.mirror.fill import Result, check, fill
from groundwork.mirror.listing import list_images
from groundwork.mirror.tools import Programs
from tests.mirror.conftest import catalogue

OTHER = f"sha256:{'0' * 64}"


def filled(root: Path, programs: Programs, *only: str, archives: Path | None = None) -> Result:
    load_catalogue.cache_clear()
    return fill(root, root / "mirror", only, programs, lambda line: None, archives)


def checked(root: Path) -> Result:
    load_catalogue.cache_clear()
    return check(root, root / "mirror", ())


def test_a_chart_is_fetched_once_and_its_digest_is_kept(root: Path, repository: str, programs: Programs) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    first, second = filled(root, programs), filled(root, programs)
    archive = root / "mirror" / "painter-1.0.0.tgz"
    assert (first.problems, first.fetched) == ([], ["paint"])
    assert (second.problems, second.fetched, second.held) == ([], [], {"paint": "the mirror's lock"})
    assert json.loads((root / "mirror" / "mirror.json").read_text()) == {
        "paint": {"file": "painter-1.0.0.tgz", "digest": digest_of(archive), "source": repository}
    }
    assert (root / "mirror" / "schemas" / "painter-1.0.0.json").is_file()
    assert checked(root).problems == []


def test_an_archive_that_is_not_the_catalogues_is_not_put_there(
    root: Path, repository: str, programs: Programs
) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository, "digest": OTHER})
    [problem] = filled(root, programs).problems
    assert problem.startswith(
        f"paint: painter 1.0.0 of {repository} is not what the catalogue says: expected {OTHER}, found sha256:"
    )
    assert problem.endswith("; it was not put into the mirror")
    assert not list((root / "mirror").glob("*"))


def test_a_corrupted_archive_is_found_with_both_digests(root: Path, repository: str, programs: Programs) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    filled(root, programs)
    mirror = root / "mirror"
    archive = mirror / "painter-1.0.0.tgz"
    right = digest_of(archive)
    archive.write_bytes(archive.read_bytes()[:-1])
    told = (
        f"paint: {archive} is not what the mirror's lock says: expected {right}, found {digest_of(archive)}; "
        f"delete it and run `groundwork mirror --to {mirror} --only paint`"
    )
    assert checked(root).problems == [told]
    assert filled(root, programs).problems == [told], "and it is not taken for one that is there"
    with pytest.raises(StackError) as error:
        check_archives(mirror, load_catalogue(root).charts)
    assert error.value.problems == (told,)


def test_an_archive_that_nobody_vouches_for_is_found(root: Path, repository: str, programs: Programs) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    filled(root, programs)
    (root / "mirror" / "mirror.json").unlink()
    found = digest_of(root / "mirror" / "painter-1.0.0.tgz")
    assert checked(root).problems == [
        f"paint: neither the catalogue nor mirror.json says what painter-1.0.0.tgz has to be (it is {found}); "
        f"delete it and run `groundwork mirror --to {root / 'mirror'} --only paint`"
    ]


def test_what_is_missing_and_what_is_of_no_use_is_told(root: Path, repository: str) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    mirror = root / "mirror"
    mirror.mkdir()
    (mirror / "old-1.0.0.tgz").touch()
    result = checked(root)
    assert result.problems == [f"{mirror} has no chart: fill it with `groundwork mirror --to {mirror}`"]
    assert result.notes == ["old-1.0.0.tgz is of no use: the catalogue does not have it"]


def test_a_repository_out_of_reach_is_named_and_the_rest_is_filled(
    root: Path, repository: str, programs: Programs
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        catalogue(
            root,
            first={"chart": "other", "version": "2.0.0", "repository": nowhere},
            paint={"chart": "painter", "version": "1.0.0", "repository": repository},
        )
        result = filled(root, programs)
    [problem] = result.problems
    assert problem.startswith(f"first: other 2.0.0 cannot be had from {nowhere}: Get ")
    assert "connection refused" in problem
    assert result.fetched == ["paint"]


def test_a_version_that_the_repository_does_not_have(root: Path, repository: str, programs: Programs) -> None:
    catalogue(root, paint={"chart": "painter", "version": "9.0.0", "repository": repository})
    [problem] = filled(root, programs).problems
    assert problem.startswith(f"paint: painter 9.0.0 cannot be had from {repository}: ")
    assert 'chart "painter" version "9.0.0" not found' in problem


def test_a_key_that_is_none_is_answered_with_the_nearest(root: Path, repository: str, programs: Programs) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    with pytest.raises(StackError) as error:
        filled(root, programs, "pain")
    assert error.value.problems == ("the catalogue has no chart 'pain'; did you mean 'paint'? valid: paint",)


def test_without_a_recipe_what_upstream_does_not_ship_cannot_be_built(root: Path, programs: Programs) -> None:
    catalogue(root, parts={"chart": "parts", "version": "1.0.0", "source": "example.com/parts at 1"})
    assert filled(root, programs).problems == [
        "parts: upstream ships no chart, only example.com/parts at 1, "
        "and there is no recipe platform/kustomize/parts.yaml"
    ]


def test_images_are_those_of_the_rendered_charts(root: Path, repository: str, programs: Programs) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    filled(root, programs)
    listing = list_images(root, root / "mirror", load_catalogue(root).charts, programs)
    listing.write(root / "mirror")
    assert json.loads((root / "mirror" / "images.json").read_text()) == {
        "registry.example.com/tools/helper:2.0": ["paint: ConfigMap"]
    }
    assert (root / "mirror" / "images.txt").read_text() == "registry.example.com/tools/helper:2.0\n"
    assert listing.notes == ["paint: no stack installs it; its images are those of its defaults"]


def test_an_archive_of_a_folder_is_taken_before_anything_is_fetched(
    root: Path, repository: str, programs: Programs, tmp_path: Path
) -> None:
    """Where only an archive came through: it is the catalogue's, or nobody can say, and that is told."""
    brought = tmp_path / "brought"
    brought.mkdir()
    subprocess.run([programs.helm, "pull", "painter", "--repo", repository, "-d", brought], check=True)
    catalogue(root, paint={"chart": "painter", "version": "1.10.0", "repository": "https://charts.invalid"})
    result = filled(root, programs, archives=brought)
    assert (result.problems, result.fetched, result.unproven) == ([], ["paint"], ["paint"])
    archive = brought / "painter-1.10.0.tgz"
    lock = json.loads((root / "mirror" / "mirror.json").read_text())
    assert lock["paint"] == {"file": archive.name, "digest": digest_of(archive), "source": str(archive)}
    catalogue(root, paint={"chart": "painter", "version": "1.10.0", "digest": digest_of(archive), "source": "x"})
    (root / "mirror" / archive.name).unlink()
    again = filled(root, programs, archives=brought)
    assert (again.unproven, again.held) == ([], {"paint": "the catalogue"}), "and nothing is built that is there"


def test_an_archive_of_a_folder_has_to_be_the_catalogues(root: Path, programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "painter-1.0.0.tgz").write_bytes(b"another")
    (tmp_path / "other-1.0.0.tgz").write_bytes(pack("painter", {"Chart.yaml": "name: painter\nversion: 2.0.0\n"}))
    entries = {
        name: {"chart": name, "version": "1.0.0", "repository": "https://x.invalid"} for name in ("painter", "other")
    }
    catalogue(root, **entries)
    another, broken = filled(root, programs, archives=tmp_path).problems
    assert broken.startswith(f"painter: what {tmp_path / 'painter-1.0.0.tgz'} gave is no chart archive: ")
    assert another == f"other: {tmp_path / 'other-1.0.0.tgz'} gave painter 2.0.0, and not other 1.0.0"
    (tmp_path / "painter-1.0.0.tgz").write_bytes(pack("painter", {"Chart.yaml": "name: painter\nversion: 1.0.0\n"}))
    catalogue(root, painter={**entries["painter"], "digest": OTHER})
    [refused] = filled(root, programs, archives=tmp_path).problems
    assert refused.endswith("; it was not put into the mirror")
