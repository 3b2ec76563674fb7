"""Rule: a tool that is used is whole, of the right version, and no program of the sandbox itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.sandbox.tools import manifest
from groundwork.sandbox.tools import search_path as search_path_module
from groundwork.sandbox.tools.definitions import TOOLS, Tool
from groundwork.sandbox.tools.locate import Missing, ToolsMissing, locate, survey

WriteProgram = Callable[[Path, str], Path]


@pytest.fixture
def installed(home: Path, tiny: Tool, write_program: WriteProgram) -> Path:
    """The folder of a sound installation of `tiny`."""
    folder = home / "tools" / "tiny-1.2.3"
    write_program(folder / "bin" / "tiny", "#!/bin/sh\necho v1.2.3\n")
    manifest.write(folder, manifest.describe(tiny, folder, "built with go1.26.9"))
    return folder


def why(tool: Tool) -> str | None:
    _, missing = survey([tool])
    return missing[0].why if missing else None


def test_with_nothing_in_place_every_tool_is_named_with_the_command_that_mends_it(search_path: Path) -> None:
    with pytest.raises(ToolsMissing) as caught:
        locate()
    assert str(caught.value) == (
        "Tools of the sandbox are missing:\n"
        "- etcd 3.7.3 is not installed\n"
        "- kubernetes 1.36.3 is not installed\n"
        "- pulumi 3.259.0 is not installed\n"
        "- kwok 0.8.0 is not installed\n"
        "- helm 3.22.0 is not installed\n"
        "Run: make tools"
    )


def test_a_sound_installation_is_found(installed: Path, tiny: Tool) -> None:
    assert survey([tiny]) == ({"tiny": installed / "bin" / "tiny"}, [])


class TestUnsound:
    def test_interrupted(self, installed: Path, tiny: Tool) -> None:
        (installed / "manifest.json").unlink()
        assert why(tiny) == "was not installed to the end (it has no manifest)"

    def test_unreadable_manifest(self, installed: Path, tiny: Tool) -> None:
        (installed / "manifest.json").write_text('{"name": "tiny"')
        assert why(tiny) == "has a manifest that cannot be read"

    def test_truncated_program(self, installed: Path, tiny: Tool) -> None:
        (installed / "bin" / "tiny").write_text("#!/bin/sh\n")
        assert why(tiny) == "has a damaged program tiny (10 bytes instead of 22)"

    def test_missing_program(self, installed: Path, tiny: Tool) -> None:
        (installed / "bin" / "tiny").unlink()
        assert why(tiny) == "lacks the program tiny"

    def test_program_that_may_not_run(self, installed: Path, tiny: Tool) -> None:
        (installed / "bin" / "tiny").chmod(0o600)
        assert why(tiny) == "has a program tiny that may not be executed"

    def test_other_pins(self, installed: Path, tiny: Tool) -> None:
        (tiny.module_dir / "go.sum").write_text("example.org/x v1.0.0 h1:x=\n")
        assert why(tiny) == "was built from other pinned modules than this checkout's"

    def test_other_machine(self, installed: Path, tiny: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(manifest, "this_machine", lambda: "plan9/mips")
        assert why(tiny) is not None
        assert str(why(tiny)).endswith("and this machine is plan9/mips")

    def test_other_tool(self, installed: Path, tiny: Tool) -> None:
        text = (installed / "manifest.json").read_text().replace('"1.2.3"', '"1.2.2"')
        (installed / "manifest.json").write_text(text)
        assert why(tiny) == "is tiny 1.2.2 in truth"


class TestSearchPath:
    def test_a_program_of_the_right_version_is_used(
        self, search_path: Path, tiny: Tool, write_program: WriteProgram
    ) -> None:
        program = write_program(search_path / "tiny", "#!/bin/sh\necho v1.2.3\n")
        assert survey([tiny]) == ({"tiny": program}, [])

    def test_a_program_of_another_version_is_not(
        self, search_path: Path, tiny: Tool, write_program: WriteProgram
    ) -> None:
        write_program(search_path / "tiny", "#!/bin/sh\necho v1.2.4\n")
        assert survey([tiny]) == ({}, [Missing(tiny, "is not installed")])

    def test_a_program_is_asked_once_until_it_changes(
        self, search_path: Path, tiny: Tool, write_program: WriteProgram
    ) -> None:
        calls = search_path / "calls"
        program = write_program(search_path / "tiny", f"#!/bin/sh\necho . >> {calls}\necho v1.2.3\n")
        survey([tiny])
        survey([tiny])
        assert calls.read_text() == ".\n"
        write_program(program, f"#!/bin/sh\necho . >> {calls}\necho v1.2.44\n")
        assert survey([tiny])[0] == {}
        assert calls.read_text() == ".\n.\n"

    def test_programs_in_our_own_home_are_left_out_since_they_would_call_themselves(
        self, home: Path, tiny: Tool, write_program: WriteProgram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shims = home / "sandboxes" / "dev" / "bin"
        write_program(shims / "tiny", "#!/bin/sh\necho v1.2.3\n")
        monkeypatch.setenv("PATH", f"{shims}{os.pathsep}{os.environ['PATH']}")
        assert survey([tiny])[0] == {}


class TestLanguageHost:
    pulumi = next(tool for tool in TOOLS if tool.name == "pulumi")

    def test_it_is_the_official_one_beside_the_official_cli_of_our_version(
        self, search_path: Path, write_program: WriteProgram
    ) -> None:
        write_program(search_path / "pulumi", f"#!/bin/sh\necho v{self.pulumi.version}\n")
        host = write_program(search_path / "pulumi-language-python", "#!/bin/sh\n")
        assert search_path_module.language_host(self.pulumi) == host

    def test_beside_a_cli_of_another_version_it_is_ignored(
        self, search_path: Path, write_program: WriteProgram
    ) -> None:
        write_program(search_path / "pulumi", "#!/bin/sh\necho v3.1.0\n")
        write_program(search_path / "pulumi-language-python", "#!/bin/sh\n")
        assert search_path_module.language_host(self.pulumi) is None

    def test_alone_it_is_ignored(self, search_path: Path, write_program: WriteProgram) -> None:
        write_program(search_path / "pulumi-language-python", "#!/bin/sh\n")
        assert search_path_module.language_host(self.pulumi) is None
