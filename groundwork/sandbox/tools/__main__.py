"""`python -m groundwork.sandbox.tools`: bring the tools in place and say where they are (`make tools`)."""

from __future__ import annotations

import sys
from dataclasses import fields

from rich.console import Console

from groundwork.sandbox.tools.ensure import install_missing
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.locate import locate
from groundwork.sandbox.tools.progress import reporter
from groundwork.sandbox.tools.start import INTERRUPTED


def main() -> int:
    """Install what is missing; return an exit code."""
    console = Console(stderr=True)
    try:
        install_missing(reporter(console))
        tools = locate()
    except ToolsError as error:
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted. The tools that were finished are kept: run again to go on.")
        return INTERRUPTED
    for field in fields(tools):
        program = getattr(tools, field.name)
        if program is not None:
            print(f"{field.name.replace('_', '-'):24}{program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
