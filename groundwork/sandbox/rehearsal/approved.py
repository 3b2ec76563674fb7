"""What an approval lets go, goes: the engine's own protection is lifted from it, as `groundwork up` does."""

from __future__ import annotations

import contextlib
import datetime
from pathlib import Path

from groundwork.core.errors import StackError
from groundwork.core.stacks import StackFile
from groundwork.policy.exemptions import approved
from groundwork.policy.subject import Subject
from groundwork.sandbox.engine.state import StackState
from groundwork.sandbox.urns import name_of


def lift_approved(root: Path, stack: StackFile, state: StackState) -> list[str]:
    """Lift the protection of what somebody has approved to go, and return its URNs.

    What has left the program is protected in the state alone, where no program can take it off.
    """
    labels: frozenset[str] = frozenset()
    # Who plans or brings up is told before what is wrong with the file; who looks around or takes down need not know.
    with contextlib.suppress(StackError):
        labels = approved(root, stack.environment, datetime.datetime.now(datetime.UTC).date())
    held = [r for r in state.resources() if r.get("protect")] if labels else []
    urns = [r["urn"] for r in held if Subject(r["type"], name_of(r["urn"]), r.get("inputs") or {}).label in labels]
    if urns:
        state.unprotect(urns)
    return urns
