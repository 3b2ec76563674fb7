"""The cluster, as the engine would get it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.core.errors import StackError
from groundwork.testing import Graph
from groundwork.testing.record import ROOT, record
from groundwork.testing.replay import surprises
from infra._eks_versions import step_problem
from tests.infra.stacks import COMPUTED, build, document, registry, whole

CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"
ADDON = "aws:eks/addon:Addon"
ADMIN = "arn:aws:iam::111122223333:role/sso/platform"


def eks(environment: str = "dev", **config: Any) -> Graph:
    return build(environment, network={}, eks=config)


def test_the_version_is_the_catalogues_newest() -> None:
    assert eks().one(CLUSTER).inputs["version"] == load_catalogue(ROOT).kubernetes[-1]


def test_only_the_network_reaches_the_api_server() -> None:
    graph = eks()
    access = graph.one(CLUSTER).inputs["vpcConfig"]
    assert (access["endpointPrivateAccess"], access["endpointPublicAccess"]) == (True, False)
    assert "publicAccessCidrs" not in access
    rules = [r.inputs for r in graph.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")]
    assert {(rule["securityGroupId"], rule["fromPort"], rule["toPort"]) for rule in rules} == {("sg-cluster", 443, 443)}
    assert [rule["cidrIpv4"] for rule in rules] == ["10.20.0.0/16", "100.64.0.0/18", "100.64.64.0/18"]


def test_named_networks_may_reach_it_from_the_internet() -> None:
    access = eks(access="allowList", publicAccessCidrs=["198.51.100.0/24"]).one(CLUSTER).inputs["vpcConfig"]
    assert access["publicAccessCidrs"] == ["198.51.100.0/24"]
    assert (access["endpointPrivateAccess"], access["endpointPublicAccess"]) == (True, True)


def test_through_a_tunnel_the_endpoint_stays_private_and_its_certificate_is_still_checked() -> None:
    graph = eks(access="tunnel", tunnelPort=9443)
    assert graph.one(CLUSTER).inputs["vpcConfig"]["endpointPublicAccess"] is False
    (cluster,) = json.loads(graph.outputs["eks.kubeconfig"])["clusters"]
    assert cluster["cluster"] == {
        "server": "https://localhost:9443",
        "tls-server-name": "eks.example",
        "certificate-authority-data": "Q0E=",
    }


def test_the_control_plane_has_subnets_of_its_own() -> None:
    assert eks().one(CLUSTER).inputs["vpcConfig"]["subnetIds"] == [
        f"network-control-eu-west-1{zone}-id" for zone in "ab"
    ]


def test_a_version_is_checked_against_the_engines_state_before_the_cluster_is_touched_in_the_preview_too() -> None:
    graph = eks()
    assert graph.one(CLUSTER).hooks == ("eks-version",)
    hook = graph.hooks["eks-version"]
    assert hook.opts is not None
    assert hook.opts.on_dry_run
    arguments = pulumi.ResourceHookArgs(
        urn="", id="", name="", type=CLUSTER, old_inputs={"version": "1.33"}, new_inputs={"version": "1.35"}
    )
    with pytest.raises(ValueError, match=r"not to 1\.35 but to 1\.34 first"):
        hook.callback(arguments)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("1.34", "1.35", ""),
        ("1.35", "1.35", ""),
        (None, "1.35", ""),
        (
            "1.33",
            "1.35",
            "eks.version: the cluster is 1.33, and EKS goes on by one minor version at a time: not to 1.35 but to 1.34 "
            "first",
        ),
        ("1.35", "1.34", "eks.version: the cluster is 1.35 and EKS never goes back to 1.34; keep 1.35"),
    ],
)
def test_versions_go_up_one_by_one(old: str | None, new: str, problem: str) -> None:
    assert step_problem("eks", old, new) == problem


def test_secrets_are_encrypted_and_everything_is_logged() -> None:
    graph = eks()
    inputs = graph.one(CLUSTER).inputs
    assert inputs["encryptionConfig"] == {
        "provider": {"keyArn": "arn:aws:kms:eu-west-1:111122223333:eks-key"},
        "resources": ["secrets"],
    }
    assert inputs["enabledClusterLogTypes"] == ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    logs = graph.one("aws:cloudwatch/logGroup:LogGroup", "eks-logs")
    assert logs.inputs["name"] == "/aws/eks/groundwork-dev-eks/cluster"
    assert logs.urn in graph.one(CLUSTER).depends_on, "EKS would make a group that keeps everything for ever"
    assert logs.inputs["kmsKeyId"] == "arn:aws:kms:eu-west-1:111122223333:eks-key"


def test_the_key_of_a_cluster_serves_cloudwatch_for_its_own_logs_alone() -> None:
    owner, logs = document(eks("prod").one("aws:kms/key:Key", "eks-key").inputs["policy"])
    assert (owner["Principal"], owner["Action"]) == ({"AWS": "arn:aws:iam::111122223333:root"}, "kms:*")
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert logs["Condition"] == {
        "ArnEquals": {
            "kms:EncryptionContext:aws:logs:arn": [
                "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/eks/groundwork-prod-eks/cluster"
            ]
        }
    }


def test_a_key_for_the_logs_of_a_stack_that_is_up_replaces_nothing() -> None:
    after = eks("prod")
    left_out = {"aws:kms/key:Key": "policy", "aws:cloudwatch/logGroup:LogGroup": "kmsKeyId"}
    before = [
        replace(r, inputs={key: value for key, value in r.inputs.items() if key != left_out.get(r.type)}) for r in after
    ]
    assert surprises(Graph(before), after) == []


@pytest.mark.parametrize(
    ("environment", "protected", "support"), [("dev", False, "STANDARD"), ("prod", True, "EXTENDED")]
)
def test_what_must_not_go_is_protected_by_aws_too(environment: str, protected: bool, support: str) -> None:
    cluster = eks(environment).one(CLUSTER)
    assert cluster.inputs["deletionProtection"] is protected
    assert cluster.protect is protected
    assert cluster.inputs["upgradePolicy"] == {"supportType": support}


def test_without_administrators_who_makes_the_cluster_is_one() -> None:
    graph = eks()
    assert graph.one(CLUSTER).inputs["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": True,
    }
    assert graph.of("aws:eks/accessEntry:AccessEntry") == []


def test_named_administrators_are_the_only_ones_and_kubernetes_waits_for_their_right() -> None:
    graph = eks(admins=[ADMIN])
    assert graph.one(CLUSTER).inputs["accessConfig"]["bootstrapClusterCreatorAdminPermissions"] is False
    entry = graph.one("aws:eks/accessEntry:AccessEntry", "eks-admin-sso-platform")
    assert entry.inputs["principalArn"] == ADMIN
    right = graph.one("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert right.inputs["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    assert right.inputs["accessScope"] == {"type": "cluster"}
    assert right.urn in graph.before(graph.one("kubernetes:storage.k8s.io/v1:StorageClass"))


def test_add_ons_are_the_catalogues_versions() -> None:
    catalogue = load_catalogue(ROOT).managed_addons
    graph = build("dev", network={}, eks={}, efs={}, ebs={}, **{"fsx-lustre": {}})
    found = {r.inputs["addonName"]: r.inputs["addonVersion"] for r in graph.of(ADDON)}
    assert found == {name: addon.version for name, addon in catalogue.items()}
    own = {r.inputs["addonName"] for r in eks().of(ADDON)}
    assert own == {"aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"}


def test_kube_proxy_is_of_the_clusters_minor_version() -> None:
    catalogue = load_catalogue(ROOT)
    assert catalogue.managed_addons["kube-proxy"].version.startswith(f"v{catalogue.kubernetes[-1]}.")


def test_nodes_find_their_network_ready_and_pods_of_add_ons_find_nodes() -> None:
    """EKS waits for a node to be ready, and for an add-on's pods to run: the wrong order waits for ever."""
    graph = eks()
    addons = {r.inputs["addonName"]: r for r in graph.of(ADDON)}
    nodes = graph.one(NODES)
    for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert addons[name].urn in graph.before(nodes)
        assert nodes.urn not in graph.before(addons[name])
    for name in ("coredns", "aws-ebs-csi-driver"):
        assert nodes.urn in graph.before(addons[name])
    assert graph.one(CLUSTER).inputs["bootstrapSelfManagedAddons"] is False


@pytest.mark.parametrize(
    ("addon", "account", "policy"),
    [
        ("vpc-cni", "aws-node", "AmazonEKS_CNI_Policy"),
        ("aws-ebs-csi-driver", "ebs-csi-controller-sa", "AmazonEBSCSIDriverPolicyV2"),
    ],
)
def test_add_ons_that_call_aws_have_an_identity_before_their_pods_are_made(
    addon: str, account: str, policy: str
) -> None:
    graph = eks()
    association = graph.one("aws:eks/podIdentityAssociation:PodIdentityAssociation", f"eks-{addon}")
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("kube-system", account)
    attached = graph.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"eks-{addon}")
    assert attached.inputs["policyArn"] == f"arn:aws:iam::aws:policy/{policy}"
    assert {association.urn, attached.urn} <= graph.before(graph.one(ADDON, f"eks-{addon}"))


def test_managed_policies_exist_in_aws() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    known = json.loads(aws_managed_policies_data)
    graph = eks()
    wanted = [r.inputs["policyArn"] for r in graph.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")]
    paths = {name: f"arn:aws:iam::aws:policy{policy['Path']}{name}" for name, policy in known.items()}
    assert [arn for arn in wanted if paths.get(arn.rpartition("/")[2]) != arn] == []


def test_nodes_may_do_no_more_than_join_and_pull_images() -> None:
    graph = eks()
    attached = [
        r.inputs["policyArn"].rpartition("/")[2]
        for r in graph.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if r.name.startswith("eks-node")
    ]
    # The engine registers them in no particular order.
    assert sorted(attached) == ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy"]


def test_network_policies_are_obeyed_and_nodes_hold_many_pods() -> None:
    settings = json.loads(eks().one(ADDON, "eks-vpc-cni").inputs["configurationValues"])
    assert settings["enableNetworkPolicy"] == "true"
    assert settings["env"]["ENABLE_PREFIX_DELEGATION"] == "true"


def test_volumes_of_the_cluster_are_tagged_as_all_else_is() -> None:
    settings = json.loads(eks().one(ADDON, "eks-aws-ebs-csi-driver").inputs["configurationValues"])
    assert settings["controller"]["extraVolumeTags"]["groundwork:environment"] == "dev"


def test_network_interfaces_of_pods_are_tagged_as_all_else_is() -> None:
    settings = json.loads(eks().one(ADDON, "eks-vpc-cni").inputs["configurationValues"])
    assert json.loads(settings["env"]["ADDITIONAL_ENI_TAGS"])["groundwork:environment"] == "dev"


def test_the_default_class_of_volumes_is_encrypted_and_follows_the_pod() -> None:
    graph = eks()
    found = graph.one("kubernetes:storage.k8s.io/v1:StorageClass")
    assert found.inputs["metadata"]["name"] == graph.outputs["eks.storage_class"] == "gp3"
    assert found.inputs["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    assert found.inputs["parameters"] == {"type": "gp3", "encrypted": "true", "csi.storage.k8s.io/fstype": "ext4"}
    assert found.inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert found.inputs["allowVolumeExpansion"] is True
    assert graph.one(ADDON, "eks-aws-ebs-csi-driver").urn in graph.before(found)


def test_the_kubeconfig_holds_no_token_and_asks_for_one() -> None:
    config = json.loads(eks().outputs["eks.kubeconfig"])
    assert config["clusters"][0]["cluster"] == {
        "server": "https://eks.example",
        "certificate-authority-data": "Q0E=",
    }
    assert config["users"][0]["user"] == {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": ["eks", "get-token", "--cluster-name", "groundwork-dev-eks", "--region", "eu-west-1"],
            "interactiveMode": "Never",
        }
    }


def test_the_cluster_is_gone_before_any_part_of_its_network() -> None:
    """Pods that are ending still call AWS: through routes and gateways."""
    graph = eks("prod")
    before = graph.before(graph.one(CLUSTER))
    network = [r for r in graph if r.type.startswith("aws:ec2/") and r.name.startswith("network-")]
    assert [r.name for r in network if r.urn not in before] == []


def test_the_control_planes_role_may_use_only_its_own_key() -> None:
    (statement,) = document(eks().one("aws:iam/rolePolicy:RolePolicy", "eks-cluster-key").inputs["policy"])
    assert statement["Resource"] == ["arn:aws:kms:eu-west-1:111122223333:eks-key"]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_what_others_plan_with_is_plain(environment: str) -> None:
    outputs = whole(environment).outputs
    name = f"groundwork-{environment}-eks"
    assert (outputs["eks.name"], outputs["eks.region"], outputs["eks.account_id"]) == (
        name,
        "eu-west-1",
        "111122223333",
    )
    assert outputs["eks.load_balancers"] is True


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"version": "1.99"}, "eks.version: '1.99' is not in the catalogue; valid: 1.35"),
        (
            {"serviceCidr": "10.20.0.0/16"},
            "eks.serviceCidr: 10.20.0.0/16 overlaps the network's 10.20.0.0/16; take one outside of it, such as "
            "10.100.0.0/16",
        ),
        (
            {"serviceCidr": "1.2.3.0/24"},
            "eks.serviceCidr: 1.2.3.0/24 must be a private IPv4 network of /12 to /24, such as 172.20.0.0/16",
        ),
        (
            {"access": "allowList", "publicAccessCidrs": ["0.0.0.0/0"]},
            "eks.publicAccessCidrs: 0.0.0.0/0 is everybody; name the networks that may reach the API server",
        ),
        (
            {"access": "allowList", "publicAccessCidrs": ["office"]},
            "eks.publicAccessCidrs: 'office' is no network; an example is 198.51.100.0/24",
        ),
        ({"access": "allowList"}, "eks: access: allowList needs publicAccessCidrs, such as [198.51.100.0/24]"),
        (
            {"publicAccessCidrs": ["198.51.100.0/24"]},
            "eks: publicAccessCidrs is for `access: allowList`, and access is inVpcRunner: change it, or leave the "
            "networks out",
        ),
        (
            {"access": "vpn"},
            "eks.access: must be 'inVpcRunner', 'tunnel' or 'allowList' (got 'vpn')",
        ),
        (
            {"admins": ["arn:aws:sts::111122223333:assumed-role/platform/me"]},
            "eks.admins: 'arn:aws:sts::111122223333:assumed-role/platform/me' is no role; an example is "
            "arn:aws:iam::111122223333:role/platform-admin",
        ),
        ({"admins": [ADMIN, ADMIN]}, "eks.admins: a role is there twice"),
        ({"version": 1.35}, 'eks.version: must be text: quote it: "1.35" (got 1.35)'),
    ],
)
def test_what_cannot_be_a_cluster_is_told_with_what_could(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        eks(**config)
    assert problem in str(error.value)


def test_a_step_that_eks_does_not_take_is_told_with_what_else_is_wrong() -> None:
    """What the cluster was stands in the outputs of the stack: nothing has to be planned to know it."""
    with pytest.raises(StackError) as error:
        record(
            {
                "network": {"podCidr": "100.64.0.0/22"},
                "eks": {"serviceCidr": "10.20.0.0/16"},
                "pools": {"general": {"max": 40}, "gpu": {"accelerator": "nvidia-l4", "max": 1, "zone": "eu-west-1f"}},
            },
            registry=registry(),
            computed=COMPUTED,
            calls={"pulumi:pulumi:readStackOutputs": lambda _: {"outputs": {"eks.version": "1.33"}}},
        )
    told = [problem.partition(";")[0].partition(",")[0] for problem in error.value.problems]
    assert told == [
        "eks.version: the cluster is 1.33",
        "eks.serviceCidr: 10.20.0.0/16 overlaps the network's 10.20.0.0/16",
        "pools.gpu.zone: 'eu-west-1f' is none of the network's",
        "pools: up to 45 nodes hold up to 4950 pods",
    ]
