"""The tools that a verb needs."""

from __future__ import annotations

from groundwork.cli.output import console


def put_tools_in_place() -> None:
    """Install the tools where they are missing; that is told, since it takes minutes."""
    from groundwork.sandbox.tools.locate import ToolsMissing, locate

    try:
        locate()
    except ToolsMissing:
        from groundwork.sandbox.tools.ensure import install_missing
        from groundwork.sandbox.tools.progress import reporter

        install_missing(reporter(console(stderr=True)))
