"""Errors of the engine's runs, in sentences that say what to do."""

from __future__ import annotations

import re

from groundwork.sandbox.engine.events import STACK_TYPE
from groundwork.sandbox.engine.outcome import Outcome, telling
from groundwork.sandbox.urns import name_of, short_type, type_of

# sdk/go/common/util/cmdutil/exit.go of the engine
_CODES = {
    2: "the engine does not accept its configuration",
    3: "the engine was refused access to its state",
    4: "a resource failed",
    5: "a mandatory policy forbids it",
    6: "the stack is not initialised",
    8: "it was interrupted",
    9: "the engine waited too long",
    255: "the engine itself failed",
}
_MOST = 8
# pkg/resource/deploy/step_generator.go and step_executor.go of the engine
_PROTECTED = re.compile(r"(cannot be deleted\s+because it is protected|as it is currently marked for protection)")


class EngineError(Exception):
    """A run of the engine that did not succeed."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        """Say `message` and keep everything that the engine told."""
        super().__init__(message)
        self.outcome = outcome


def failure(what: str, outcome: Outcome, log: str) -> EngineError:
    """Return the error of a run: `what` names it ("up of dev"), `log` is the file with all it printed.

    What the program refuses is the user's to mend: of the engine and its log there is nothing to say then.
    """
    if outcome.refused:
        lines = [f"- {problem}" for problem in outcome.refused]
        return EngineError("\n".join([f"The {what} is refused, and nothing was changed:", *lines]), outcome)
    errors = [error for error in outcome.errors if telling(error)] or ([] if outcome.mandatory else outcome.errors)
    told = [_headed(error.urn, error.message) for error in errors]
    told += [f"policy {v.policy}: {_headed(v.urn, v.message)}" for v in outcome.mandatory]
    if not told:
        told = [line for line in outcome.output.splitlines() if line.strip()][-_MOST:]
    more = len(told) - _MOST
    # What the program says of a stack file is a list already.
    lines = [line if line.startswith("- ") else f"- {line}" for line in told[:_MOST]]
    if more > 0:
        lines.append(f"- and {more} more")
    code = outcome.code or 0
    reason = f"it was ended by signal {-code}" if code < 0 else _CODES.get(code, "the engine reports an error")
    if outcome.stopped_by_policies:
        return EngineError("\n".join([f"Policies refuse the {what}:", *lines]), outcome)
    return EngineError("\n".join([f"The {what} failed: {reason}.", *lines, f"All it said: {log}"]), outcome)


def _headed(urn: str, message: str) -> str:
    if _PROTECTED.search(message) and urn.count("::") >= 3:
        # The engine's own advice, to edit the program or the state, goes round whoever has to say yes.
        return (
            f"{short_type(type_of(urn))} {name_of(urn)}: is protected, and so neither replaced nor deleted: leave it "
            "as it is, or approve it in policies/exemptions.yaml, by the line that `groundwork plan` writes out"
        )
    if urn.count("::") < 3 or type_of(urn) == STACK_TYPE:
        return message.strip()
    # Without empty lines: the last part of a plan, as a pull request shows it, begins after one.
    text = "\n  ".join(line for line in message.strip().splitlines() if line.strip())
    kind = short_type(type_of(urn))
    # Most policies name the resource themselves.
    return text if text.startswith(f"{kind} ") else f"{kind} {name_of(urn)}: {text}"
