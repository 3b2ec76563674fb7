"""A sandbox is nobody else's to read."""

from __future__ import annotations

from pathlib import Path

from groundwork.sandbox.paths import SandboxPaths


def test_every_folder_is_private_even_if_it_was_not_before(tmp_path: Path) -> None:
    paths = SandboxPaths(tmp_path / "deep" / "sandbox")
    paths.root.mkdir(parents=True, mode=0o755)
    paths.create()
    paths.create()
    folders = [paths.root, *(each for each in paths.root.iterdir() if each.is_dir())]
    assert len(folders) == 10
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_everything_lies_within_the_root(tmp_path: Path) -> None:
    paths = SandboxPaths(tmp_path)
    properties = [name for name, value in vars(SandboxPaths).items() if isinstance(value, property)]
    found = {getattr(paths, name) for name in properties}
    assert len(found) == len(properties) > 0
    assert all(each.is_relative_to(tmp_path) for each in found)
