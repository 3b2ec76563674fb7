"""The command `groundwork`: thin, every verb calls a room."""

from __future__ import annotations

import sys
from typing import NoReturn

# In the order of the help: each module adds its verbs.
from groundwork.cli import verbs_sandbox  # isort: skip
from groundwork.cli import verbs_real  # isort: skip
from groundwork.cli import verbs_facts  # isort: skip
from groundwork.cli.app import app
from groundwork.cli.failures import readable_errors

__all__ = ["app", "main", "verbs_facts", "verbs_real", "verbs_sandbox"]


def main() -> NoReturn:
    """Run the command; what goes wrong is a message and an exit code, never a traceback."""
    with readable_errors():
        app()
    sys.exit(0)
