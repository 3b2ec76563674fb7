from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.core.errors import StackError
from groundwork.sandbox.engine.shadow import cast_shadow, share_salt

SALT = "encryptionsalt: v1:abc=\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name, text in {
        "Pulumi.yaml": "name: demo\nstackConfigDir: stacks\n",
        "stacks/Pulumi.dev.yaml": "config: {a:b: c}\n",
        "stacks/__main__.py": "",
        "stacks/teams/one.yaml": "",
        "infra/eks.py": "",
        ".git/config": "",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_files_are_links_and_stack_files_are_copies(root: Path, tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    cast_shadow(root, shadow)
    assert (shadow / "infra").readlink() == root / "infra"
    assert (shadow / "stacks" / "teams").is_symlink()
    assert (shadow / "stacks" / "__main__.py").is_symlink()
    copy = shadow / "stacks" / "Pulumi.dev.yaml"
    assert not copy.is_symlink()
    copy.write_text("config: {changed: in the sandbox}\n")
    assert (root / "stacks" / "Pulumi.dev.yaml").read_text() == "config: {a:b: c}\n"
    assert not (shadow / ".git").exists()


def test_a_changed_stack_file_comes_through_and_the_engines_salt_stays(root: Path, tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    cast_shadow(root, shadow)
    copy = shadow / "stacks" / "Pulumi.dev.yaml"
    copy.write_text(copy.read_text() + SALT)
    (root / "stacks" / "Pulumi.dev.yaml").write_text("config: {a:b: d}\n")
    cast_shadow(root, shadow)
    assert copy.read_text() == "config: {a:b: d}\n" + SALT


def test_files_that_are_gone_and_files_that_are_new(root: Path, tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    cast_shadow(root, shadow)
    (root / "stacks" / "Pulumi.dev.yaml").unlink()
    (root / "infra" / "eks.py").unlink()
    (root / "infra").rmdir()
    (root / "policies").mkdir()
    cast_shadow(root, shadow)
    assert not (shadow / "stacks" / "Pulumi.dev.yaml").exists()
    assert not (shadow / "infra").is_symlink()
    assert (shadow / "policies").is_symlink()


def test_a_committed_salt_is_refused_with_the_file(root: Path, tmp_path: Path) -> None:
    (root / "stacks" / "Pulumi.dev.yaml").write_text("config: {}\n" + SALT)
    with pytest.raises(StackError, match=r"stacks/Pulumi.dev.yaml: remove `encryptionsalt:`: committed stack files"):
        cast_shadow(root, tmp_path / "shadow")


def test_a_project_without_a_folder_of_stack_files(root: Path, tmp_path: Path) -> None:
    (root / "Pulumi.yaml").write_text("name: demo\n")
    (root / "Pulumi.dev.yaml").write_text("config: {}\n")
    cast_shadow(root, tmp_path / "shadow")
    assert not (tmp_path / "shadow" / "Pulumi.dev.yaml").is_symlink()
    assert (tmp_path / "shadow" / "stacks").is_symlink()


def test_stacks_share_one_salt(root: Path, tmp_path: Path) -> None:
    """The engine makes a key once for each salt that a run meets; a stack that has one keeps it."""
    shadow = tmp_path / "shadow"
    for name in ("first", "second"):
        (root / "stacks" / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    cast_shadow(root, shadow)
    share_salt(shadow, "first")
    first, second = (shadow / "stacks" / f"Pulumi.{name}.yaml" for name in ("first", "second"))
    assert first.read_text() == "config: {}\n", "nobody has one yet"
    first.write_text("config: {}\n" + SALT)
    share_salt(shadow, "second")
    assert second.read_text() == "config: {}\n" + SALT
    second.write_text("config: {}\n" + SALT.replace("v1", "v2"))
    share_salt(shadow, "second")
    assert second.read_text() == "config: {}\n" + SALT.replace("v1", "v2")
