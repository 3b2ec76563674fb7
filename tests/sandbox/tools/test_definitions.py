"""Rule: what the code says of a tool and what its go.mod pins are the same."""

from __future__ import annotations

import re

import pytest

from groundwork.sandbox.tools import golang, pins
from groundwork.sandbox.tools.definitions import TOOLS, Binary, Tool


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
class TestModule:
    def test_requires_the_version_that_the_definition_names(self, tool: Tool) -> None:
        text = (tool.module_dir / "go.mod").read_text()
        assert re.search(rf"^\s*(?:require )?{re.escape(tool.module)} v{re.escape(tool.version)}\b", text, re.M)

    def test_declares_each_program_as_a_tool_so_that_go_mod_tidy_keeps_its_modules(self, tool: Tool) -> None:
        declared = set(re.findall(r"^tool (\S+)$", (tool.module_dir / "go.mod").read_text(), re.M))
        assert declared == {binary.package for binary in tool.binaries}

    def test_asks_for_no_newer_go_than_we_accept_and_pin(self, tool: Tool) -> None:
        found = re.search(r"^go (\S+)$", (tool.module_dir / "go.mod").read_text(), re.M)
        assert found
        asked = golang.parse(f"go{found[1]}")
        assert asked is not None
        assert asked <= golang.LEAST
        for wheel in pins.GO.values():
            pinned = golang.parse(f"go{wheel.version}")
            assert pinned is not None
            assert pinned >= golang.LEAST

    def test_pins_digests(self, tool: Tool) -> None:
        lines = (tool.module_dir / "go.sum").read_text().splitlines()
        assert any(line.startswith(f"{tool.module} v{tool.version} h1:") for line in lines)

    def test_versions_set_by_the_linker_are_the_tools_version(self, tool: Tool) -> None:
        for name, value in tool.link_variables.items():
            if name.lower().endswith("version"):
                assert value == f"v{tool.version}"


def test_a_program_is_named_after_its_package_without_the_major_version() -> None:
    assert Binary("etcd", "go.etcd.io/etcd/server/v3", ()).built_as == "server"
    assert Binary("helm", "helm.sh/helm/v3/cmd/helm", ()).built_as == "helm"


@pytest.mark.parametrize("wheels", [pins.UV, pins.GO])
def test_every_pinned_wheel_has_a_digest_and_all_are_of_one_version(wheels: dict[str, pins.Wheel]) -> None:
    assert len({wheel.version for wheel in wheels.values()}) == 1
    assert all(re.fullmatch("[0-9a-f]{64}", wheel.sha256) for wheel in wheels.values())
    assert len({wheel.sha256 for wheel in wheels.values()}) == len(wheels)
