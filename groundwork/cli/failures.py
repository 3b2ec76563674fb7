"""What goes wrong, in words and exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from rich.console import Console

from groundwork.cli.app import GIVEN
from groundwork.cli.output import write

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_ROOM = (
    "Check the permissions and the room there; where it is Groundwork's own folder, `groundwork doctor` tells what can "
    "go, and GROUNDWORK_HOME names another one. Then run the same command again."
)


@contextmanager
def readable_errors() -> Iterator[None]:
    """Make a message and an exit code of what goes wrong."""
    try:
        yield
    except SystemExit as end:
        # typer ends an interrupt without a word; a command in the shell may end with that code, too.
        if end.__context__ is None or not isinstance(end.__context__.__cause__, KeyboardInterrupt):
            raise
        _fail("Interrupted. Run the same command again: it goes on from here.", INTERRUPTED)
    except Exception as error:
        if os.environ.get("GROUNDWORK_DEBUG") == "1":
            raise
        _fail(*message_of(error))


def _fail(message: str, code: int) -> NoReturn:
    """Say why there is no result, to people and in the place of the JSON that was asked for."""
    with suppress(OSError):
        write(GIVEN.json_file, {"error": message})
    complain(message, code)


def message_of(error: Exception) -> tuple[str, int]:
    """Return what to say of an error, and the exit code: 2 where the user's input is wrong."""
    from groundwork.core.errors import StackError

    if isinstance(error, StackError):
        return str(error), WRONG_INPUT
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = error.filename2 or error.filename
        return f"{where}: {error.strerror}. {_ROOM}" if where else f"{error.strerror}. {_ROOM}", FAILED
    if _is_expected(error):
        return str(error), FAILED
    told = f"{type(error).__name__}: {error}"
    return f"Groundwork failed, which is a defect of its own: {told}\nGROUNDWORK_DEBUG=1 shows where.", FAILED


def _is_expected(error: Exception) -> bool:
    from groundwork.mirror.errors import MirrorError
    from groundwork.real.errors import RealError
    from groundwork.sandbox.controlplane.errors import KubeError
    from groundwork.sandbox.engine.failures import EngineError
    from groundwork.sandbox.engine.state import StackLockedError
    from groundwork.sandbox.ports import NoFreePortError
    from groundwork.sandbox.processes import StartError
    from groundwork.sandbox.rehearsal.sandbox import SandboxBusyError
    from groundwork.sandbox.standins.control import ControlError
    from groundwork.sandbox.tools.errors import ToolsError

    expected = (
        MirrorError,
        KubeError,
        EngineError,
        StackLockedError,
        NoFreePortError,
        StartError,
        RealError,
        SandboxBusyError,
        ControlError,
        ToolsError,
        OSError,
    )
    return isinstance(error, expected)


def complain(message: str, code: int) -> NoReturn:
    """Say it on standard error, and end."""
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)
