"""What an environment may cost a month: the amount of its `budget`, in whichever of its stacks that is.

The alarm and the ceiling are one number. A setting beside it would be a second one, and the two would come to differ.
"""

from __future__ import annotations

from pathlib import Path

from groundwork.core.errors import StackError
from groundwork.core.stacks import read_stack
from groundwork.data.monthly_budgets import MONTHLY_USD

_COMPONENT = "budget"


def ceiling(root: Path, environment: str) -> float | None:
    """Return US dollars a month; None where no stack of the environment has a budget.

    A stack file that is wrong says nothing here: composing tells what is wrong with it.
    """
    found = []
    for path in sorted((root / "stacks").glob("Pulumi.*.yaml")):
        # Reading a file with the lines of its parts takes a while, and a plan waits for it.
        text = path.read_text(encoding="utf-8", errors="replace")
        if _COMPONENT not in text or environment not in text:
            continue
        try:
            stack = read_stack(path)
        except StackError:
            continue
        for key, given in stack.components.items():
            if stack.environment == environment and given.get("component", key) == _COMPONENT:
                found.append(given.get("monthlyUsd", MONTHLY_USD[stack.profile.size]))
    amounts = [float(amount) for amount in found if isinstance(amount, int | float)]
    return min(amounts, default=None)
