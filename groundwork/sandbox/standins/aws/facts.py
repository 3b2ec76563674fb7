"""What the rest of the sandbox wants to know of the program's AWS: node groups, add-ons, identities of pods."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import yaml

from groundwork.sandbox.standins.aws import launch
from groundwork.sandbox.standins.aws.declare import RESOURCES
from groundwork.sandbox.standins.aws.known import NodeGroupFacts, SubnetFacts, WebIdentity
from groundwork.sandbox.standins.aws.lifecycle import read
from groundwork.sandbox.standins.aws.session import NotFoundError, Session
from groundwork.sandbox.standins.aws.store import Store

_NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
_ADDON = "aws:eks/addon:Addon"
_POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_ACCESS_ENTRY = "aws:eks/accessEntry:AccessEntry"
_CLUSTER = "aws:eks/cluster:Cluster"
_CNI = "vpc-cni"
_AUDIENCE = "sts.amazonaws.com"
_PREFIXES = "ENABLE_PREFIX_DELEGATION"
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

    def subnets(self) -> list[tuple[str, SubnetFacts, dict[str, str]]]:
        """Return (id, place, tags) of every subnet with IPv4 addresses."""
        answer = self._session.ask("ec2", "describe_subnets")
        return [
            (
                subnet["SubnetId"],
                SubnetFacts(subnet["AvailabilityZone"], subnet["CidrBlock"]),
                {tag["Key"]: tag["Value"] for tag in subnet.get("Tags") or []},
            )
            for subnet in answer["Subnets"]
            if subnet.get("CidrBlock")
        ]

    def instance_profiles(self) -> dict[str, str]:
        """Return instance profile -> ARN of its role, for those that have one."""
        answer = self._session.ask("iam", "list_instance_profiles")
        return {
            profile["InstanceProfileName"]: profile["Roles"][0]["Arn"]
            for profile in answer["InstanceProfiles"]
            if profile.get("Roles")
        }

    def admitted_roles(self, cluster: str) -> set[str]:
        """Return the ARNs of roles whose Linux nodes a cluster lets in, by an access entry of the program."""
        return {
            entry["principalArn"]
            for entry in self._store.recorded_of(_ACCESS_ENTRY)
            if (entry["clusterName"], entry.get("type")) == (cluster, "EC2_LINUX")
        }

    def addon_identities(self) -> list[tuple[str, str, str, str]]:
        """Return (cluster, add-on, service account, role ARN) of each pod identity that an add-on brings itself."""
        return sorted(
            (addon["clusterName"], addon["addonName"], item["serviceAccount"], item["roleArn"])
            for addon in self._store.recorded_of(_ADDON)
            for item in addon.get("podIdentityAssociations") or []
        )

    def addon_roles(self) -> set[str]:
        """Return the ARNs of the roles that EKS names on service accounts of its add-ons."""
        return {
            addon["serviceAccountRoleArn"]
            for addon in self._store.recorded_of(_ADDON)
            if addon.get("serviceAccountRoleArn")
        }

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

    def trusted_issuers(self) -> set[str]:
        """Return the issuers, without `https://`, of clusters whose pods' tokens IAM takes: it knows them as providers.

        EKS gives these tokens to pods for the audience `sts.amazonaws.com`, which the provider has to name.
        """
        listed = self._session.ask("iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]
        issuers = {self._issuer(cluster) for cluster in self.clusters()}
        found = set()
        for arn in (item["Arn"] for item in listed):
            issuer = arn.partition(":oidc-provider/")[2]
            if issuer in issuers:
                known = self._session.ask("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
                found |= {issuer} if _AUDIENCE in known.get("ClientIDList", ()) else set()
        return found

    def _issuer(self, cluster: str) -> str:
        seen = read(self._session, RESOURCES[_CLUSTER], cluster, {}, {})
        identities = seen.properties.get("identities") if seen else None
        return str(identities[0]["oidcs"][0]["issuer"]).removeprefix("https://") if identities else ""

    def _roles(self) -> Iterator[dict[str, Any]]:
        answer = self._session.ask("iam", "list_roles")
        yield from answer["Roles"]
        while answer.get("IsTruncated"):
            answer = self._session.ask("iam", "list_roles", Marker=answer["Marker"])
            yield from answer["Roles"]

    def _group(self, group: dict[str, Any]) -> NodeGroupFacts:
        sizes = group.get("scalingConfig") or {}
        template = self._template(group.get("launchTemplate") or {})
        ami_type = group.get("amiType") or "AL2023_x86_64_STANDARD"
        # EKS refuses types in both places; moto shows its default type beside a template that has one.
        of_template = template.get("InstanceType")
        types = [of_template] if of_template else group.get("instanceTypes") or ["t3.medium"]
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
            ami_type=ami_type,
            subnets=self._subnets(group.get("subnetIds") or []),
            disk_gib=launch.disk_gib(ami_type, group.get("diskSize"), template),
            max_pods=launch.max_pods(template),
            prefix_delegation=self._prefix_delegation(group["clusterName"]),
            tags=dict(group.get("tagsAll") or {}),
            region=str(group.get("region") or self.region),
            efa=launch.efa(template),
        )

    def _template(self, template: dict[str, Any]) -> dict[str, Any]:
        """Return the data of a node group's launch template, empty where it has none."""
        if not template:
            return {}
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
            return {}
        versions = answer["LaunchTemplateVersions"]
        return dict(versions[0]["LaunchTemplateData"]) if versions else {}

    def _subnets(self, ids: list[str]) -> tuple[SubnetFacts, ...]:
        """Return the subnets that have IPv4 addresses, by zone."""
        if not ids:
            return ()
        answer = self._session.ask("ec2", "describe_subnets", SubnetIds=ids)
        found = [(subnet["AvailabilityZone"], subnet.get("CidrBlock")) for subnet in answer["Subnets"]]
        return tuple(SubnetFacts(zone, cidr) for zone, cidr in sorted(found) if cidr)

    def _prefix_delegation(self, cluster: str) -> bool:
        for addon in self._store.recorded_of(_ADDON):
            if (addon["clusterName"], addon["addonName"]) == (cluster, _CNI):
                return prefix_delegation(addon.get("configurationValues"))
        return False


def prefix_delegation(configuration: str | None) -> bool:
    """Tell whether the configuration of the add-on vpc-cni, in JSON or YAML, gives nodes prefixes."""
    try:
        values = yaml.safe_load(configuration or "")
    except yaml.YAMLError:
        return False
    variables = values.get("env") if isinstance(values, dict) else None
    return isinstance(variables, dict) and str(variables.get(_PREFIXES)).lower() == "true"


def _trusted(policy: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (issuer, subjects) of each statement that trusts an OpenID Connect provider, for tokens as EKS has them."""
    statements = policy.get("Statement") or []
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        federated = principal.get("Federated") if isinstance(principal, dict) else None
        for provider in federated if isinstance(federated, list) else [federated]:
            if not provider or ":oidc-provider/" not in provider or statement.get("Effect") != "Allow":
                continue
            issuer = provider.partition(":oidc-provider/")[2]
            if _AUDIENCE in (_values(statement, f"{issuer}:aud") or [_AUDIENCE]):
                yield issuer, tuple(_values(statement, f"{issuer}:sub"))


def _values(statement: dict[str, Any], key: str) -> list[str]:
    found = [conditions.get(key) for conditions in (statement.get("Condition") or {}).values()]
    return [text for value in found if value for text in (value if isinstance(value, list) else [value])]
