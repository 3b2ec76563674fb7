"""Rule: a program on PATH is used only if its version is known and fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.sandbox.tools.definitions import Binary
from groundwork.sandbox.tools.versions import ask, fits, parse

KUBECTL_JSON = '{\n  "clientVersion": {\n    "major": "1",\n    "minor": "36",\n    "gitVersion": "v1.36.1",\n'


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("v3.259.0\n", "3.259.0"),
        ("etcd Version: 3.7.3\nGit SHA: Not provided\nGo Version: go1.26.8\n", "3.7.3"),
        ("Kubernetes v1.36.3\n", "1.36.3"),
        ("kwok version 0.8.0 go1.26.8 (linux/amd64)", "0.8.0"),
        (KUBECTL_JSON, "1.36.1"),
        ("v3.259.0-alpha.1+dirty", "3.259.0-alpha.1"),
        ("v1.32.4+k3s1", "1.32.4"),
        ("kubectl from go1.26.8", None),
        ("no version here", None),
        ("", None),
    ],
)
def test_the_version_is_read_from_what_real_programs_print(output: str, version: str | None) -> None:
    assert parse(output) == version


@pytest.mark.parametrize(
    ("found", "any_patch", "fit"),
    [
        ("1.36.3", False, True),
        ("1.36.2", False, False),
        ("1.36.2", True, True),
        ("1.35.3", True, False),
        ("1.36.0-rc.1", True, False),
        ("1.36.3-rc.1", False, False),
        (None, True, False),
    ],
)
def test_only_kubectl_may_be_of_another_patch_and_no_prerelease_fits(
    found: str | None, any_patch: bool, fit: bool
) -> None:
    assert fits(found, "1.36.3", any_patch) is fit


def test_a_program_that_does_not_run_has_no_version(tmp_path: Path, write_program: Callable[[Path, str], Path]) -> None:
    binary = Binary("x", "example.org/x", ("--version",))
    assert ask(tmp_path / "missing", binary) is None
    assert ask(write_program(tmp_path / "broken", "#!/no/such/interpreter\n"), binary) is None
    assert ask(write_program(tmp_path / "silent", "#!/bin/sh\nexit 1\n"), binary) is None
    assert ask(write_program(tmp_path / "x", '#!/bin/sh\necho "x $1 4.5.6" >&2\n'), binary) == "4.5.6"
