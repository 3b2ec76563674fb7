"""One rule, which the theatre's queue breaks."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def no_queues(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type == "aws:sqs/queue:Queue":
        report_violation("a queue is no part of a theatre", None)


RULE = ResourceValidationPolicy(
    name="no-queues",
    description="There are no queues.",
    validate=no_queues,
    enforcement_level=EnforcementLevel.ADVISORY,
)
PolicyPack(
    "theatre",
    policies=[RULE],
    enforcement_level=EnforcementLevel.ADVISORY,
)
