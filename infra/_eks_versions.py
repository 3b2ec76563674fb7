"""One minor version of Kubernetes at a time: EKS takes no other step, and never goes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi

_MINOR = re.compile(r"1\.(\d+)")


def guard(name: str) -> pulumi.ResourceHookBinding:
    """Return what refuses a step that EKS would refuse, in the preview already.

    What the cluster is now stands in the engine's own state: nothing has to be asked of AWS. The component says the
    same before anything is registered, of a stack that was brought up to its end; this knows of the others too.

    Args:
        name: of the component.
    """

    def check(args: pulumi.ResourceHookArgs) -> None:
        problem = step_problem(name, _version(args.old_inputs), _version(args.new_inputs))
        if problem:
            raise ValueError(problem)

    hook = pulumi.ResourceHook(f"{name}-version", check, opts=pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def step_problem(name: str, old: str | None, new: str | None) -> str:
    """Return why a cluster cannot go from one version to the other, or nothing.

    Args:
        name: of the component.
        old: such as "1.34"; None where it is not known.
        new: likewise.
    """
    now, wanted = _minor(old), _minor(new)
    if now is None or wanted is None or wanted - now in (0, 1):
        return ""
    if wanted < now:
        return f"{name}.version: the cluster is {old} and EKS never goes back to {new}; keep {old}"
    return (
        f"{name}.version: the cluster is {old}, and EKS goes on by one minor version at a time: not to {new} but to "
        f"1.{now + 1} first"
    )


def _version(inputs: Mapping[str, Any] | None) -> str | None:
    value = (inputs or {}).get("version")
    return value if isinstance(value, str) else None


def _minor(version: str | None) -> int | None:
    found = _MINOR.fullmatch(version or "")
    return int(found.group(1)) if found else None
