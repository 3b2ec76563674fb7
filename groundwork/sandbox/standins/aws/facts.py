"""What the rest of the sandbox wants to know of the program's AWS: node groups, add-ons, identities of pods."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from groundwork.sandbox.standins.aws.declare import RESOURCES
from groundwork.sandbox.standins.aws.lifecycle import read
from groundwork.sandbox.standins.aws.session import NotFoundError, Session
from groundwork.sandbox.standins.aws.store import Store

_NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
_ADDON = "aws:eks/addon:Addon"
_POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"


@dataclass(frozen=True)
class NodeGroupFacts:
    """A managed node group as the simulated nodes need it; `taints` are (key, value, Kubernetes effect)."""

    name: str
    cluster: str
    instance_types: tuple[str, ...]
    capacity_type: str
    min: int
    desired: int
    max: int
    labels: dict[str, str]
    taints: tuple[tuple[str, str, str], ...]
    ami_type: str
    zones: tuple[str, ...]
    tags: dict[str, str] = field(default_factory=dict)
    region: str = ""


@dataclass(frozen=True)
class WebIdentity:
    """A role that service accounts may take by the cluster's OpenID Connect issuer (IRSA).

    `subjects` are `system:serviceaccount:<namespace>:<name>`, with wildcards where the policy has them.
    """

    role_arn: str
    issuer: str
    subjects: tuple[str, ...]


_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


class Facts:
    """Answers from the emulated API and from what is only recorded, at the time of the question."""

    def __init__(self, session: Session, store: Store) -> None:
        """Ask as `session`, in its region."""
        self._session = session
        self._store = store

    @property
    def region(self) -> str:
        """The sandbox's main region."""
        return self._session.region

    def clusters(self) -> list[str]:
        """Return the names of the EKS clusters."""
        return list(self._session.ask("eks", "list_clusters")["clusters"])

    def node_groups(self) -> list[NodeGroupFacts]:
        """Return every node group of every cluster, sorted by cluster and name."""
        found = []
        for cluster in sorted(self.clusters()):
            listed = self._session.ask("eks", "list_nodegroups", clusterName=cluster)["nodegroups"]
            for name in sorted(listed):
                seen = read(self._session, RESOURCES[_NODE_GROUP], f"{cluster}:{name}", {}, {})
                if seen is not None:
                    found.append(self._group(seen.properties))
        return found

    def addons(self, cluster: str | None = None) -> set[str]:
        """Return the names of the EKS add-ons of `cluster`, or of all."""
        return {
            addon["addonName"] for addon in self._store.recorded_of(_ADDON) if cluster in (None, addon["clusterName"])
        }

    def addon_identities(self) -> list[tuple[str, str, str, str]]:
        """Return (cluster, add-on, service account, role ARN) of each add-on's own identities."""
        found = []
        for addon in self._store.recorded_of(_ADDON):
            place = (addon["clusterName"], addon["addonName"])
            found += [
                (*place, item["serviceAccount"], item["roleArn"]) for item in addon.get("podIdentityAssociations") or []
            ]
            if addon.get("serviceAccountRoleArn"):
                found.append((*place, "*", addon["serviceAccountRoleArn"]))
        return sorted(found)

    def pod_identities(self) -> list[tuple[str, str, str, str]]:
        """Return (cluster, namespace, service account, role ARN) of each pod identity association."""
        return sorted(
            (item["clusterName"], item["namespace"], item["serviceAccount"], item["roleArn"])
            for item in self._store.recorded_of(_POD_IDENTITY)
        )

    def web_identities(self) -> list[WebIdentity]:
        """Return the roles whose trust policy names an OpenID Connect provider, by service account."""
        found = []
        for role in self._roles():
            document = role["AssumeRolePolicyDocument"]
            policy = json.loads(urllib.parse.unquote(document)) if isinstance(document, str) else document
            found += [WebIdentity(role["Arn"], *trusted) for trusted in _trusted(policy)]
        return found

    def _roles(self) -> Iterator[dict[str, Any]]:
        answer = self._session.ask("iam", "list_roles")
        yield from answer["Roles"]
        while answer.get("IsTruncated"):
            answer = self._session.ask("iam", "list_roles", Marker=answer["Marker"])
            yield from answer["Roles"]

    def _group(self, group: dict[str, Any]) -> NodeGroupFacts:
        sizes = group.get("scalingConfig") or {}
        # EKS refuses types in both places; moto shows its default type beside a template that has one.
        types = self._template_type(group.get("launchTemplate")) or group.get("instanceTypes") or ["t3.medium"]
        return NodeGroupFacts(
            name=group["nodeGroupName"],
            cluster=group["clusterName"],
            instance_types=tuple(types),
            capacity_type=group.get("capacityType") or "ON_DEMAND",
            min=int(sizes.get("minSize") or 0),
            desired=int(sizes.get("desiredSize") or 0),
            max=int(sizes.get("maxSize") or 0),
            labels=dict(group.get("labels") or {}),
            taints=tuple(
                (taint["key"], taint.get("value") or "", _EFFECTS.get(taint["effect"], taint["effect"]))
                for taint in group.get("taints") or []
            ),
            ami_type=group.get("amiType") or "AL2023_x86_64_STANDARD",
            zones=self._zones(group.get("subnetIds") or []),
            tags=dict(group.get("tagsAll") or {}),
            region=str(group.get("region") or self.region),
        )

    def _template_type(self, template: dict[str, Any] | None) -> list[str]:
        if not template:
            return []
        named = (
            {"LaunchTemplateId": template["id"]} if template.get("id") else {"LaunchTemplateName": template.get("name")}
        )
        try:
            answer = self._session.ask(
                "ec2",
                "describe_launch_template_versions",
                Versions=[str(template.get("version") or "$Default")],
                **named,
            )
        except NotFoundError:
            return []
        versions = answer["LaunchTemplateVersions"]
        kind = versions[0]["LaunchTemplateData"].get("InstanceType") if versions else None
        return [kind] if kind else []

    def _zones(self, subnets: list[str]) -> tuple[str, ...]:
        if not subnets:
            return ()
        answer = self._session.ask("ec2", "describe_subnets", SubnetIds=subnets)
        return tuple(sorted({subnet["AvailabilityZone"] for subnet in answer["Subnets"]}))


def _trusted(policy: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (issuer, subjects) of each statement that trusts an OpenID Connect provider."""
    statements = policy.get("Statement") or []
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        federated = principal.get("Federated") if isinstance(principal, dict) else None
        for provider in federated if isinstance(federated, list) else [federated]:
            if not provider or ":oidc-provider/" not in provider or statement.get("Effect") != "Allow":
                continue
            issuer = provider.partition(":oidc-provider/")[2]
            subjects: list[str] = []
            for conditions in (statement.get("Condition") or {}).values():
                value = conditions.get(f"{issuer}:sub")
                subjects += value if isinstance(value, list) else [value] if value else []
            yield issuer, tuple(subjects)
