"""The rules as the engine wants them: a policy for each, of the same name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
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

import policies.cloud
import policies.gpu
import policies.workloads  # noqa: F401 - importing a module of rules registers them
from groundwork.core.catalogue import load_catalogue
from policies.rule import RESOURCE_RULES, STACK_RULES, ResourceRule, StackRule, Subject
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


def judged_types(root: Path) -> dict[str, tuple[str, ...]]:
    """Return the beginnings of the types that each rule judges."""
    rules: list[ResourceRule | StackRule] = [*resource_rules(root), *STACK_RULES.values()]
    return {rule.id: rule.types for rule in rules}


def policies_of(root: Path) -> list[Policy]:
    """Return the pack's policies for the project in `root`."""
    return [
        *(
            ResourceValidationPolicy(
                name=rule.id,
                description=_description(rule),
                validate=_validate_resource(rule),
                enforcement_level=EnforcementLevel.MANDATORY,
            )
            for rule in resource_rules(root)
        ),
        *(
            StackValidationPolicy(
                name=rule.id,
                description=_description(rule),
                validate=_validate_stack(rule),
                enforcement_level=EnforcementLevel.MANDATORY,
            )
            for rule in STACK_RULES.values()
        ),
    ]


def _description(rule: ResourceRule | StackRule) -> str:
    said = (inspect.getdoc(rule.check) or rule.id).partition("\n")[0]
    return f"{said} ({rule.control})"


def _validate_resource(rule: ResourceRule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for violation in rule.judge(Subject(args.resource_type, args.name, args.props, args.urn)):
            report(violation.message, None)

    return validate


def _validate_stack(rule: StackRule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        subjects = [
            Subject(
                resource.resource_type,
                resource.name,
                resource.props,
                resource.urn,
                {key: [found.urn for found in value] for key, value in resource.property_dependencies.items()},
            )
            for resource in args.resources
            if resource.resource_type.startswith(rule.types)
        ]
        for violation in rule.judge(subjects):
            report(violation.message, violation.subject.urn)

    return validate
