"""The rules as the engine wants them.

Two policies carry all rules: the SDK decodes every resource once a policy, which for ten policies would cost more than
all rules together. A violation's message begins with the id of its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

import policies.cloud
import policies.gpu
import policies.workloads  # noqa: F401 - importing a module of rules registers them
from groundwork.core.catalogue import load_catalogue
from policies.rule import RESOURCE_RULES, STACK_RULES, ResourceRule, Subject
from policies.versions import TYPES, catalogue_versions


def resource_rules(root: Path) -> list[ResourceRule]:
    """Return all rules over one resource, for the project in `root`."""
    versions = ResourceRule(
        "catalogue-versions",
        "Groundwork: what was tested is what runs",
        TYPES,
        catalogue_versions(load_catalogue(root)),
    )
    return [*RESOURCE_RULES.values(), versions]


def validate_resource(rules: Sequence[ResourceRule]) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    """Return the engine's callback for one resource."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        subject = Subject(args.resource_type, args.name, args.props, args.urn)
        unknown: UnknownValueError | None = None
        for rule in rules:
            try:
                for violation in rule.judge(subject):
                    report(f"{rule.id}: {violation.message}", None)
            except UnknownValueError as error:
                unknown = error
        # The SDK reports this as advice: the rule could not be judged, and is judged when the value is known.
        if unknown is not None:
            raise unknown

    return validate


def validate_stack(args: StackValidationArgs, report: ReportViolation) -> None:
    """Judge the whole stack: the engine's callback."""
    subjects = [
        Subject(
            resource.resource_type,
            resource.name,
            resource.props,
            resource.urn,
            {key: [found.urn for found in value] for key, value in resource.property_dependencies.items()},
        )
        for resource in args.resources
    ]
    for rule in STACK_RULES.values():
        for violation in rule.judge(subjects):
            report(f"{rule.id}: {violation.message}", violation.subject.urn)


def judged_types(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the beginnings of the types that rules judge: one by one, and as parts of a stack."""
    one_by_one = {kind for rule in resource_rules(root) for kind in rule.types}
    together = {kind for rule in STACK_RULES.values() for kind in rule.types}
    return tuple(sorted(one_by_one)), tuple(sorted(together))


def policies_of(root: Path) -> list[Policy]:
    """Return the pack's policies for the project in `root`."""
    return [
        ResourceValidationPolicy(
            name="resources",
            description="What every resource by itself has to be.",
            validate=validate_resource(resource_rules(root)),
            enforcement_level=EnforcementLevel.MANDATORY,
        ),
        StackValidationPolicy(
            name="stack",
            description="What resources have to be to each other.",
            validate=validate_stack,
            enforcement_level=EnforcementLevel.MANDATORY,
        ),
    ]
