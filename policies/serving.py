"""Spares the engine what no rule reads.

The SDK decodes every resource once for every policy, and half a megabyte of CRD takes as long as all rules together.
Here a resource is decoded for the policies that judge its type, and the others say that they do not apply: so what the
engine counts as passed was judged.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import policy as sdk

_POLICIES = "_PolicyAnalyzerServicer__policies"


def answer_only_for(types: Mapping[str, tuple[str, ...]]) -> None:
    """Let packs that are built after this read only what their policies judge.

    Args:
        types: name of a policy -> beginnings of the types that it judges.
    """

    class Analyzer(sdk._PolicyAnalyzerServicer):
        """The SDK's analyzer, which the SDK gives no public way to configure."""

        def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name is the protocol's
            """Judge one resource."""
            judging = {name for name, kinds in types.items() if request.type.startswith(kinds)}
            # The engine calls from several threads: each gets a view of its own.
            view = copy.copy(self)
            setattr(view, _POLICIES, [p for p in getattr(self, _POLICIES) if p.name in judging])
            response = super(Analyzer, view).Analyze(request, context)  # type: ignore[no-untyped-call]  # none in the SDK
            for name in types.keys() - judging:
                response.not_applicable.append(analyzer_pb2.PolicyNotApplicable(policy_name=name))
            return response

        def Remediate(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name is the protocol's
            """Change nothing: rules of this pack judge."""
            return analyzer_pb2.RemediateResponse()

        def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name is the protocol's
            """Judge the parts of a stack that rules relate to each other."""
            kinds = tuple(kind for named in types.values() for kind in named)
            judged = analyzer_pb2.AnalyzeStackRequest(
                resources=[resource for resource in request.resources if resource.type.startswith(kinds)]
            )
            return super().AnalyzeStack(judged, context)  # type: ignore[no-untyped-call]  # as above

    sdk._PolicyAnalyzerServicer = Analyzer  # type: ignore[misc]  # a class of that name is what PolicyPack serves
