"""Finding the tools that are in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.sandbox.home import tools_dir
from groundwork.sandbox.tools.definitions import TOOLS, Tool
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.manifest import fault
from groundwork.sandbox.tools.search_path import language_host, on_path

REMEDY = "make tools"


@dataclass(frozen=True)
class Tools:
    """The programs that a sandbox runs.

    Attributes:
        language_host: the official `pulumi-language-python`, where the official CLI brought it.
    """

    pulumi: Path
    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kube_scheduler: Path
    kubectl: Path
    kwok: Path
    helm: Path
    language_host: Path | None = None


@dataclass(frozen=True)
class Missing:
    """A tool that is not in place, and why."""

    tool: Tool
    why: str


class ToolsMissing(ToolsError):  # noqa: N818 - named by what it says, as all of the tools' errors
    """Tools that a sandbox needs are not in place."""

    def __init__(self, missing: Sequence[Missing]) -> None:
        """Name every tool of `missing` in the message, not only the first."""
        self.missing = tuple(missing)
        lines = [f"- {each.tool.label} {each.why}" for each in missing]
        super().__init__("\n".join(["Tools of the sandbox are missing:", *lines, f"Run: {REMEDY}"]))


def locate() -> Tools:
    """Return where each tool is: installed by us, or on PATH in a version that fits.

    Raises:
        ToolsMissing: naming every tool that is not there and the command that mends it.
    """
    found, missing = survey()
    if missing:
        raise ToolsMissing(missing)
    pulumi = next(tool for tool in TOOLS if tool.name == "pulumi")
    programs = {name.replace("-", "_"): program for name, program in found.items()}
    return Tools(**programs, language_host=language_host(pulumi))


def survey(tools: Sequence[Tool] = TOOLS) -> tuple[dict[str, Path], list[Missing]]:
    """Return the programs that are in place by name, and the tools that are not."""
    found: dict[str, Path] = {}
    missing: list[Missing] = []
    for tool in tools:
        folder = tools_dir() / tool.folder
        why = fault(tool, folder)
        # What we installed comes first: asking the programs on PATH for their versions costs much more.
        programs = {b.name: folder / "bin" / b.name if why is None else on_path(b, tool) for b in tool.binaries}
        found |= {name: program for name, program in programs.items() if program is not None}
        if why is not None and None in programs.values():
            missing.append(Missing(tool, why))
    return found, missing
