"""The page of the policies: each rule as it is defined, with an example of what breaks it."""

from __future__ import annotations

import datetime
import importlib
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from groundwork.core.profiles import PROFILES
from groundwork.docs.pages import WRITTEN, table
from groundwork.policy.example import REMOVED, Example
from groundwork.policy.exemptions import FILE, LONGEST, LONGEST_APPROVAL, load_exemptions
from groundwork.policy.levels import level
from groundwork.policy.rule import Rule

_DOES = {"advise": "advises", "refuse": "refuses"}
_LONGEST = 200


def policies_page(root: Path) -> str:
    """Return `docs/policies.md`.

    Raises:
        StackError: what is wrong with the exemptions' file.
    """
    rules = sorted(importlib.import_module("policies.pack").load_rules(), key=lambda rule: (rule.home, rule.id))
    examples: Sequence[Example] = importlib.import_module("policies.examples").load_examples()
    blocks = [WRITTEN, "# Policies", _intro(rules), "## All rules", _index(rules)]
    for home, mine in groupby(rules, key=lambda rule: rule.home):
        blocks.append(f"## {_subject(home)}")
        for rule in mine:
            blocks += _rule(rule, [example for example in examples if example.rule == rule.id])
    blocks += ["## Exemptions", *_exemptions(root, [rule.id for rule in rules])]
    return "\n\n".join(blocks) + "\n"


def _intro(rules: Sequence[Rule]) -> str:
    told = sum(bool(rule.demands) for rule in rules)
    return (
        f"What this platform guarantees to those who run on it: {len(rules)} rules, each judged from one definition, "
        "in `pulumi preview` and `pulumi up` by the policy pack, in the rehearsal, over the objects that charts "
        f"render, and, the {told} that CEL can say, in the cluster by a ValidatingAdmissionPolicy of the same id "
        "(the component `admission-policies`).\n\n"
        "In `local` and `dev` a rule *advises*: it is told, and nothing stops. In `staging` and `prod` it *refuses*: "
        "the deployment ends before the resource is made. A critical rule refuses everywhere, a low one advises "
        "everywhere. An environment of another name has its profile's levels.\n\n"
        "A value that only an update makes known may hide a violation from a preview. Such a verdict is told as *not "
        "decidable at preview* with the property that it hangs on, is counted, and falls in the update, before the "
        "resource is made; for rules between resources, after it.\n\n"
        "A plan tells each violation with the resource, the value and what mends it. What cannot be mended now is "
        "[taken on](#exemptions) by somebody, by name and up to a day.\n\n"
        "Each example is a resource that keeps the rule with one field changed, and what the rule says then."
    )


def _index(rules: Sequence[Rule]) -> str:
    rows = [
        (f"[{rule.id}](#{rule.id})", rule.title, rule.severity, *(_DOES[level(rule, name)] for name in ("dev", "prod")))
        for rule in rules
    ]
    return table(("rule", "what holds", "severity", "dev", "prod"), rows)


def _subject(home: str) -> str:
    return (importlib.import_module(home).__doc__ or home).partition("\n")[0].rstrip(".")


def _rule(rule: Rule, examples: Sequence[Example]) -> Iterator[str]:
    yield f"### {rule.id}"
    yield f"{rule.title} {rule.why}"
    levels = ", ".join(f"{_DOES[level(rule, name)]} in {name}" for name in PROFILES)
    over = "planned changes" if rule.change else ", ".join(f"`{_short(prefix)}`" for prefix in sorted(rule.types))
    facts = [
        f"- Severity: {rule.severity}; {levels}.",
        f"- Serves: {'; '.join(rule.controls)}.",
        f"- Judges: {over}{', together' if rule.stack else ''}.",
    ]
    if rule.demands:
        facts.append("- In the cluster too, at admission.")
    yield "\n".join(facts)
    yield "\n\n".join(_example(example) for example in examples[:1])


def _short(type: str) -> str:
    return type.removeprefix("kubernetes:").removesuffix(":")


def _example(example: Example) -> str:
    subject = example.valid[0] if example.valid else None
    of = f"Of `{subject.type}`" if subject else "Of a planned change"
    if not example.path:
        done = "standing alone"
    elif example.value is REMOVED:
        done = f"without `{example.path}`"
    else:
        done = f"with `{example.path}: {_shown(example.value)}`"
    return f"{of} {done}:\n\n> {example.message}"


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _exemptions(root: Path, rules: Sequence[str]) -> Iterator[str]:
    # The page says what stands in the file, whatever the day it is read on.
    found = load_exemptions(root, rules, datetime.date.max)
    yield (
        f"`{FILE}` names who may break which rule, why, and until when. After its last day an exemption counts no "
        "more: what it covered is refused again, with its owner's name, and so is the entry itself. Whoever may merge "
        "a change of that file exempts and approves: let your CODEOWNERS name them.\n\n"
        "An approval lets one protected resource be replaced or deleted, as it says. Until its last day the engine's "
        "protection is off what it names: in the program by itself, and, of what has left the program, in the state by "
        "`groundwork up` (plain `pulumi up` asks for `pulumi state unprotect` first). When it is done, `groundwork up` "
        "names the entry that can go, and each plan tells of one that nothing uses.\n\n"
        "```yaml\n"
        "exemptions:\n"
        "  - rule: restricted-pods\n"
        "    resources: [DaemonSet lab/agent-*]   # as messages name them: a kind, and a name or a part of it\n"
        "    chart: agent                         # where a chart renders it; leave it out for the program's own\n"
        "    environments: [prod]                 # leave it out for all\n"
        "    owner: platform team\n"
        "    reason: reads its node's devices by its purpose\n"
        f'    until: "2027-05-31"                  # its last day, {LONGEST.days} days away at most\n'
        "approvals:\n"
        "  - resource: Instance rds-server        # one thing, by its name; the plan that refuses it has this line\n"
        "    action: replace                      # or delete\n"
        "    environment: prod\n"
        "    owner: platform team\n"
        "    reason: restored from a snapshot with another key\n"
        f'    until: "2026-12-10"                  # {LONGEST_APPROVAL.days} days away at most\n'
        "```"
    )
    rows = [
        (
            entry.rule,
            ", ".join(entry.resources) + (f" of the chart {entry.chart}" if entry.chart else ""),
            ", ".join(entry.environments) or "all",
            entry.reason,
            entry.owner,
            str(entry.until),
        )
        for entry in found.entries
    ]
    yield table(("rule", "resources", "environments", "why", "owner", "until"), rows) if rows else "There are none."
