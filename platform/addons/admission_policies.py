"""Admission policies: the API server keeps the pack's rules too, whoever applies an object."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pulumi
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster
from groundwork.policy.admission import PREFIX, admitted_rules, binding, policy
from groundwork.policy.exemptions import load_exemptions
from groundwork.policy.levels import level
from policies.pack import load_rules

_API = "admissionregistration.k8s.io/v1"
# AWS and Kubernetes run these, with nodes' rights; nobody else may write there.
_CONTROL_PLANE = ("kube-node-lease", "kube-public", "kube-system")


class AdmissionPoliciesConfig(Config):
    """What a stack file may say under `admission-policies:`."""

    only_advise: bool = Field(
        default=False,
        description="warn and refuse nothing, whatever the environment: for a cluster that is in use when they come",
    )
    namespaces: list[str] = Field(
        default_factory=list, description="namespaces that they leave alone, besides those of the control plane"
    )


class _Applied(pulumi.CustomResource):
    """An object as it is: the SDK's classes would translate what `groundwork.policy.admission` says already."""

    def __init__(self, kind: str, resource: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        told = {"apiVersion": _API, "kind": kind, **props}
        super().__init__(f"kubernetes:{_API}:{kind}", resource, told, opts)


class AdmissionPolicies(Component[AdmissionPoliciesConfig]):
    """A ValidatingAdmissionPolicy for each rule that the API server can be told, with the rule's id.

    They warn where the environment advises and refuse where it refuses, as the pack does. The exemptions of
    `policies/exemptions.yaml` that count in this environment on the day of an `up` are taken over, by the names of
    what they cover alone. One that ends later counts in the cluster until the next `up`, whose plan refuses it; each
    plan of the 30 days before tells of it (`exemptions-end-soon`).
    What was there before is judged when it changes next. What a controller makes of an object that somebody wrote
    is left to that controller: a Deployment's pods, and a notebook's, a workflow's or a Prometheus' too.
    """

    single = True

    def build(self, cluster: Cluster) -> None:
        """Make the policies, and put them in force."""
        rules = load_rules()
        today = datetime.datetime.now(datetime.UTC).date()
        exemptions = load_exemptions(self.environment.root, list(rules.by_id), today)
        counting = exemptions.counting(self.environment.name)
        left_alone = sorted({*_CONTROL_PLANE, *self.config.namespaces})
        for rule in admitted_rules(rules):
            metadata: dict[str, Any] = {"name": PREFIX + rule.id, "labels": {"app.kubernetes.io/part-of": self.name}}
            made = _Applied(
                "ValidatingAdmissionPolicy",
                f"{self.name}-{rule.id}",
                {"metadata": metadata, "spec": policy(rule, counting)},
                cluster.options(self),
            )
            acting = "advise" if self.config.only_advise else level(rule, self.environment.profile_name)
            # Another name for another level: what acts is a set, so a preview of the provider would have the API
            # server add "Deny" to "Warn", which it refuses. The new binding is there before the old one goes.
            bound = {**metadata, "name": metadata["name"] + ("-advises" if acting == "advise" else "")}
            _Applied(
                "ValidatingAdmissionPolicyBinding",
                f"{self.name}-{rule.id}-binding",
                {"metadata": bound, "spec": binding(rule, acting, left_alone)},
                cluster.options(self, depends_on=[made]),
            )
