"""Spares the engine what no rule reads.

The SDK decodes every resource for every policy, three times in an update, and half a megabyte of CRD takes as long as
all rules together. Most resources are of types that no rule judges: they are answered without being read.
"""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import policy as sdk


def answer_only_for(resource_types: tuple[str, ...], stack_types: tuple[str, ...]) -> None:
    """Let packs that are built after this read only resources whose types begin so.

    Args:
        resource_types: judged one by one.
        stack_types: judged together, as parts of a stack.
    """

    class Analyzer(sdk._PolicyAnalyzerServicer):
        """The SDK's analyzer, which the SDK gives no public way to configure."""

        def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name is the protocol's
            """Judge one resource."""
            if not request.type.startswith(resource_types):
                return analyzer_pb2.AnalyzeResponse()
            return super().Analyze(request, context)  # type: ignore[no-untyped-call]  # the SDK gives no types here

        def Remediate(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name is the protocol's
            """Change nothing: rules of this pack judge."""
            return analyzer_pb2.RemediateResponse()

        def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name is the protocol's
            """Judge the parts of a stack that rules relate to each other."""
            judged = analyzer_pb2.AnalyzeStackRequest(
                resources=[resource for resource in request.resources if resource.type.startswith(stack_types)]
            )
            return super().AnalyzeStack(judged, context)  # type: ignore[no-untyped-call]  # as above

    sdk._PolicyAnalyzerServicer = Analyzer  # type: ignore[misc]  # a class of that name is what PolicyPack serves
