"""The pack as the engine's analyzer: the protocol of `analyzer.proto`, served on loopback.

The SDK's own server decodes every resource again for each policy, cannot know the environment, and stops a policy at
the first unknown value without saying which. This one decodes a resource once, if a rule judges its type at all,
answers the rest with what was written beforehand, and takes its levels from the stack's configuration.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from concurrent import futures

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as wire
from pulumi.runtime.proto.plugin_pb2 import PluginInfo

from groundwork.policy.judge import Finding, Judge, Violation
from groundwork.policy.rule import Rule
from groundwork.policy.subject import Subject
from groundwork.policy.values import decode

PACK = "groundwork"
_SERVICE = "pulumirpc.Analyzer"
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_SEVERITY = {
    "low": wire.POLICY_SEVERITY_LOW,
    "medium": wire.POLICY_SEVERITY_MEDIUM,
    "high": wire.POLICY_SEVERITY_HIGH,
    "critical": wire.POLICY_SEVERITY_CRITICAL,
}


class Analyzer:
    """Answers the engine: one method a call of the protocol, from bytes to bytes."""

    def __init__(self, version: str, rules: Iterable[Rule], judge_for: Callable[[dict[str, str]], Judge]) -> None:
        """Take what is judged.

        Args:
            rules: the pack's rules, which the engine asks for before it says which stack it is about.
            judge_for: the judge of a stack with this configuration.
        """
        self.version = version
        self.rules = [rule for rule in rules if not rule.change]
        self._judge_for = judge_for
        self._judge: Judge | None = None
        self._nothing: dict[str, bytes] = {}
        self._given: dict[str, Struct] = {}
        named = [wire.PolicyNotApplicable(policy_name=rule.id) for rule in self.rules if rule.resource]
        self._no_remedy = wire.RemediateResponse(not_applicable=named).SerializeToString()

    def answers(self) -> dict[str, Callable[[bytes], bytes]]:
        """Return the protocol's calls."""
        return {
            "Handshake": lambda _: wire.AnalyzerHandshakeResponse().SerializeToString(),
            "GetAnalyzerInfo": lambda _: self.info().SerializeToString(),
            "GetPluginInfo": lambda _: PluginInfo(version=self.version).SerializeToString(),
            "Configure": lambda _: Empty().SerializeToString(),
            "ConfigureStack": self.configure,
            "Analyze": self.analyze,
            "AnalyzeStack": self.analyze_stack,
            # Rules of this pack judge and change nothing; unsaid, each would count as kept, in an event of its own.
            "Remediate": lambda _: self._no_remedy,
            "Cancel": lambda _: Empty().SerializeToString(),
        }

    def info(self) -> wire.AnalyzerInfo:
        """Return what the pack has. Levels are of each verdict: they hang on the environment."""
        return wire.AnalyzerInfo(
            name=PACK,
            version=self.version,
            policies=[
                wire.PolicyInfo(
                    name=rule.id,
                    description=rule.described,
                    enforcementLevel=wire.MANDATORY,
                    severity=_SEVERITY[rule.severity],
                    policy_type=wire.POLICY_TYPE_RESOURCE if rule.resource else wire.POLICY_TYPE_STACK,
                )
                for rule in self.rules
            ],
        )

    def configure(self, request: bytes) -> bytes:
        """Take the stack's configuration."""
        asked = wire.AnalyzerStackConfigureRequest.FromString(request)
        self._judge = self._judge_for({**asked.config, "stack": asked.stack})
        self._given.clear()
        return wire.AnalyzerStackConfigureResponse().SerializeToString()

    @property
    def judge(self) -> Judge:
        """The judge of the stack; of one without configuration where the engine told none."""
        if self._judge is None:
            self._judge = self._judge_for({})
        return self._judge

    def analyze(self, request: bytes) -> bytes:
        """Judge one resource, before the engine makes it."""
        asked = wire.AnalyzeRequest.FromString(request)
        if asked.type.startswith(self.judge.together):
            self._given[asked.urn] = asked.properties
        judging = self.judge.over(asked.type)
        if not judging:
            return self._not_judged(asked.type)
        subject = _subject(asked)
        found = wire.AnalyzeResponse(diagnostics=map(self._diagnostic, self.judge.resource(subject)))
        # Encoded messages that stand one after the other are one message with the fields of both.
        return self._not_judged(asked.type) + found.SerializeToString()

    def analyze_stack(self, request: bytes) -> bytes:
        """Judge what the resources of a stack need of each other.

        By what the program gave, as each was judged by itself. What the engine has of them here is what came of it: in
        a preview unknown where the provider decides it, and nothing at all where the provider waits for its cluster.
        """
        asked = wire.AnalyzeStackRequest.FromString(request)
        subjects = []
        for resource in asked.resources:
            if resource.type.startswith(self.judge.together):
                made = resource.properties.fields.get("id")
                if given := self._given.get(resource.urn):
                    resource.properties.CopyFrom(given)
                    if made is not None:
                        resource.properties.fields["id"].CopyFrom(made)
                subjects.append(_subject(resource))
        findings = self.judge.stack(subjects)
        return wire.AnalyzeResponse(diagnostics=list(map(self._diagnostic, findings))).SerializeToString()

    def _not_judged(self, type: str) -> bytes:
        """Return an answer in which the rules that do not judge a type say so: what counts as passed was judged."""
        if type not in self._nothing:
            judging = {rule.id for rule in self.judge.over(type)}
            aside = [rule.id for rule in self.rules if rule.resource and rule.id not in judging]
            named = [wire.PolicyNotApplicable(policy_name=rule_id) for rule_id in aside]
            self._nothing[type] = wire.AnalyzeResponse(not_applicable=named).SerializeToString()
        return self._nothing[type]

    def _diagnostic(self, finding: Finding) -> wire.AnalyzeDiagnostic:
        refused = isinstance(finding, Violation) and finding.level == "refuse"
        return wire.AnalyzeDiagnostic(
            policyName=finding.rule.id,
            policyPackName=PACK,
            policyPackVersion=self.version,
            description=finding.rule.described,
            message=f"{finding.rule.described}\n{finding.said}",
            urn=finding.subject.urn if finding.subject else "",
            enforcementLevel=wire.MANDATORY if refused else wire.ADVISORY,
            severity=_SEVERITY[finding.rule.severity],
        )


def _subject(asked: wire.AnalyzeRequest | wire.AnalyzerResource) -> Subject:
    properties, secrets = decode(asked.properties)
    references = {}
    if isinstance(asked, wire.AnalyzerResource):
        references = {key: list(found.urns) for key, found in asked.propertyDependencies.items()}
    return Subject(
        asked.type,
        asked.name,
        properties,
        asked.urn,
        references,
        protected=asked.options.protect,
        secrets=secrets,
    )


def serve(analyzer: Analyzer) -> None:
    """Serve the engine until it ends this process; its port is the first line of the output, as the engine expects."""
    handlers = {
        # Bytes in, bytes out: most answers were written beforehand.
        name: grpc.unary_unary_rpc_method_handler(lambda request, _, answer=answer: answer(request))
        for name, answer in analyzer.answers().items()
    }
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=_UNLIMITED)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()
