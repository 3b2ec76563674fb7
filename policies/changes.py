"""Rules over planned changes.

The engine refuses to replace or delete what is protected, and composing refuses to lose a component that holds data
(`groundwork.core.kept`). Both say no for ever, to whoever runs the update. Here somebody says yes beforehand: to one
resource, by name, in a file that is reviewed, and up to a day. Until then an approval also lifts the engine's
protection from that resource: the program's own, and in the state, of what has left the program, `groundwork up` does.
AWS's own deletion protection stays, and composing's word about whole components (`retire: true`).
"""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.data.stateful_types import LOST_WITH
from groundwork.policy.facts import Change, Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject

_DONE = {"replace": "replaced", "delete": "deleted"}


@RULES.change(
    "protected-changes-approved",
    severity="high",
    controls=("Groundwork: no data is lost by surprise",),
    types=("",),
)
def protected_changes_approved(change: Change, facts: Facts) -> Iterator[str]:
    """What holds data is replaced or deleted only with an approval that names it and has not ended.

    A changed property may mean a new, empty database, which a plan of a thousand lines does not show.
    """
    lost = LOST_WITH.get(change.type, "what it holds" if change.protected else "")
    label = Subject(change.type, change.name, change.old).label
    mine = [approval for approval in facts.approvals if approval.covers(change, facts.environment)]
    if not lost or any(approval.until >= facts.today for approval in mine):
        return
    because = f" for {', '.join(change.keys)}" if change.keys and change.action == "replace" else ""
    said = f"{label}: would be {_DONE[change.action]}{because}, and {lost} with it"
    others = [one for one in facts.approvals if one.resource == label and one.counts(facts.environment, facts.today)]
    if mine:
        last = max(mine, key=lambda approval: approval.until)
        yield f"{said}: the approval of {last.owner} ended on {last.until}: ask again"
    elif others:
        one = others[0]
        yield f"{said}: {one.owner} approved to {one.action} it, not to {change.action} it: ask again, or leave it"
    else:
        yield (
            f"{said}: leave it as it is, or approve it in policies/exemptions.yaml: {{resource: {label}, "
            f"action: {change.action}, environment: {facts.environment}, owner: ..., reason: ..., until: ...}}"
        )
