"""The functions of the SDK that look something up, such as getCallerIdentity."""

from __future__ import annotations

from groundwork.sandbox.standins.aws.invokes import compute, eks, general, iam, lookups
from groundwork.sandbox.standins.aws.invokes.registry import FUNCTIONS

__all__ = ["FUNCTIONS", "compute", "eks", "general", "iam", "lookups"]
