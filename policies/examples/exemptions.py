"""Examples of the rules over exemptions."""

from __future__ import annotations

from groundwork.policy.example import Example, one

EXAMPLES = [
    Example(
        "no-expired-exemptions",
        one("pulumi:pulumi:Stack", {}, name="groundwork-prod"),
        "facts.expired",
        ("the exemption of ada from no-latest for Deployment lab/* ended on 2026-11-01",),
        "policies/exemptions.yaml: the exemption of ada from no-latest for Deployment lab/* ended on 2026-11-01: "
        "mend it and take the entry out, or say anew why, and until when",
    ),
    Example(
        "exemptions-end-soon",
        one("pulumi:pulumi:Stack", {}, name="groundwork-prod"),
        "facts.ending",
        ("the exemption of ada from no-latest for Deployment lab/* ends on 2026-12-01",),
        "policies/exemptions.yaml: the exemption of ada from no-latest for Deployment lab/* ends on 2026-12-01: "
        "mend what it is for, or say anew why, and until when",
    ),
]
