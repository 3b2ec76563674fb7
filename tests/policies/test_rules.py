"""Each rule: what is right passes, and one changed field gives exactly one sentence with the remedy."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

import policies.pack  # importing it registers the rules
from groundwork.core.catalogue import Addon, Catalogue, Chart
from policies.rule import RESOURCE_RULES, STACK_RULES, ResourceRule, Subject
from policies.versions import TYPES, catalogue_versions

_CONTAINER = {
    "name": "main",
    "image": "example.com/app:1.2",
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
_POD = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [_CONTAINER],
}
DEPLOYMENT = (
    "kubernetes:apps/v1:Deployment",
    {"metadata": {"name": "app", "namespace": "ns"}, "spec": {"template": {"spec": _POD}}},
)
GPU_POD = (
    "kubernetes:core/v1:Pod",
    {
        "metadata": {"name": "train"},
        "spec": {
            "containers": [{"name": "t", "resources": {"limits": {"nvidia.com/gpu": "1"}}}],
            "nodeSelector": {"pool": "gpu"},
            "tolerations": [{"key": "nvidia.com/gpu"}],
        },
    },
)
NODES = (
    "aws:eks/nodeGroup:NodeGroup",
    {
        "nodeGroupName": "gpu",
        "instanceTypes": ["g6.xlarge"],
        "amiType": "AL2023_x86_64_NVIDIA",
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    },
)
CLUSTER = (
    "aws:eks/cluster:Cluster",
    {
        "version": "1.35",
        "encryptionConfig": {"resources": ["secrets"]},
        "vpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False, "publicAccessCidrs": []},
    },
)
POLICY = (
    "aws:iam/policy:Policy",
    {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:x"]}]})},
)
OPEN_POLICY = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}]}


def _iam(action: str, resource: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


_AT = "Deployment ns/app"
_CASES: list[tuple[str, tuple[str, dict[str, Any]], str, Any, str]] = [
    (
        "requests-and-limits",
        DEPLOYMENT,
        "spec.template.spec.containers.0.resources",
        {"requests": {"cpu": "1"}},
        f"{_AT}: the container main sets no requests.memory, limits.memory: set them",
    ),
    (
        "no-latest",
        DEPLOYMENT,
        "spec.template.spec.containers.0.image",
        "localhost:5000/app:latest",
        f"{_AT}: the image 'localhost:5000/app:latest' of main has no version: name one",
    ),
    (
        "restricted-pods",
        DEPLOYMENT,
        "spec.template.spec.containers.0.securityContext.capabilities",
        {},
        f"{_AT}: the container main keeps capabilities: set securityContext.capabilities.drop to [ALL]",
    ),
    (
        "restricted-pods",
        DEPLOYMENT,
        "spec.template.spec.containers.0.securityContext.privileged",
        True,
        f"{_AT}: the container main is privileged: remove securityContext.privileged",
    ),
    (
        "restricted-pods",
        DEPLOYMENT,
        "spec.template.spec.securityContext.runAsNonRoot",
        False,
        f"{_AT}: the container main may run as root: set securityContext.runAsNonRoot to true",
    ),
    (
        "restricted-pods",
        DEPLOYMENT,
        "spec.template.spec.securityContext.seccompProfile",
        None,
        f"{_AT}: the container main has the seccomp profile None: "
        "set securityContext.seccompProfile.type to RuntimeDefault",
    ),
    (
        "restricted-pods",
        DEPLOYMENT,
        "spec.template.spec.volumes",
        [{"name": "root", "hostPath": {"path": "/"}}],
        f"{_AT}: the volume root is a hostPath: use another kind",
    ),
    ("restricted-pods", DEPLOYMENT, "spec.template.spec.hostNetwork", True, f"{_AT}: hostNetwork is true: remove it"),
    (
        "gpu-pods-select-a-pool",
        GPU_POD,
        "spec.nodeSelector",
        None,
        "Pod default/train: requests nvidia.com/gpu and selects no pool: set nodeSelector to the pool's label",
    ),
    (
        "gpu-pods-select-a-pool",
        GPU_POD,
        "spec.tolerations",
        [{"key": "other"}],
        "Pod default/train: requests nvidia.com/gpu and does not tolerate the taint of GPU pools: "
        "tolerate nvidia.com/gpu",
    ),
    (
        "gpu-pools-tainted",
        NODES,
        "taints",
        [],
        "NodeGroup gpu: has GPUs (g6.xlarge) and no taint nvidia.com/gpu:NO_SCHEDULE: add it",
    ),
    (
        "private-cluster-endpoint",
        CLUSTER,
        "vpcConfig.endpointPublicAccess",
        True,
        "Cluster it: its API is open to 0.0.0.0/0: "
        "set endpointPublicAccess to false, or name the CIDRs that may reach it",
    ),
    (
        "encryption-at-rest",
        CLUSTER,
        "encryptionConfig",
        None,
        "Cluster it: Secrets are not encrypted: set encryptionConfig with a KMS key",
    ),
    (
        "encryption-at-rest",
        ("aws:rds/instance:Instance", {"storageEncrypted": True}),
        "storageEncrypted",
        None,
        "Instance it: storageEncrypted is not true: set it (a later change replaces the database)",
    ),
    (
        "encryption-at-rest",
        ("aws:efs/fileSystem:FileSystem", {"encrypted": True}),
        "encrypted",
        False,
        "FileSystem it: encrypted is not true: set it (a later change replaces the file system)",
    ),
    (
        "encryption-at-rest",
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}]},
        ),
        "blockDeviceMappings.0.ebs.encrypted",
        "false",
        "LaunchTemplate it: the volume /dev/xvda is not encrypted: set ebs.encrypted",
    ),
    (
        "encryption-at-rest",
        (
            "kubernetes:storage.k8s.io/v1:StorageClass",
            {"provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "true"}},
        ),
        "parameters",
        {},
        'StorageClass it: volumes are not encrypted: set parameters.encrypted to "true"',
    ),
    ("no-wildcard-iam", POLICY, "policy", _iam("s3:*", "arn:x"), "it: allows s3:*: name the actions"),
    (
        "no-wildcard-iam",
        POLICY,
        "policy",
        _iam("s3:PutObject", "*"),
        "it: allows s3:PutObject on every resource: name the resources, or a condition",
    ),
    (
        "no-public-bucket-policy",
        ("aws:s3/bucketPolicy:BucketPolicy", {"policy": "{}"}),
        "policy",
        json.dumps(OPEN_POLICY),
        "it: a statement allows s3:GetObject to everybody: name who",
    ),
    (
        "catalogue-versions",
        CLUSTER,
        "version",
        "1.31",
        "Cluster it: Kubernetes 1.31 is not in the catalogue: use 1.35",
    ),
    (
        "catalogue-versions",
        ("kubernetes:helm.sh/v3:Release", {"chart": "oci://example.com/charts/keda", "version": "2.20.2"}),
        "version",
        "2.1.0",
        "Release it: keda 2.1.0 is not the catalogue's version: use 2.20.2",
    ),
    (
        "catalogue-versions",
        ("kubernetes:helm.sh/v3:Release", {"chart": "keda", "version": "2.20.2"}),
        "chart",
        "kedo",
        "Release it: the chart 'kedo' is not in the catalogue: add it there",
    ),
    (
        "catalogue-versions",
        ("kubernetes:helm.sh/v3:Release", {"chart": "/mirror/keda-2.20.2.tgz", "version": "2.20.2"}),
        "chart",
        "/mirror/kedo-2.20.2.tgz",
        "Release it: the chart 'kedo' is not in the catalogue: add it there",
    ),
    (
        "catalogue-versions",
        ("aws:eks/addon:Addon", {"addonName": "coredns", "addonVersion": "v1.12"}),
        "addonVersion",
        "v1.11",
        "Addon coredns: version v1.11 is not the catalogue's: use v1.12",
    ),
]

_CATALOGUE = Catalogue(
    kubernetes=("1.35",),
    charts={"keda": Chart(chart="keda", version="2.20.2", app_version="2.20.2", licence="Apache-2.0")},
    managed_addons={"coredns": Addon(version="v1.12")},
)
_RULES = {
    **RESOURCE_RULES,
    "catalogue-versions": ResourceRule("catalogue-versions", "", TYPES, catalogue_versions(_CATALOGUE)),
}


def _changed(props: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed: Any = copy.deepcopy(props)
    *parents, last = path.split(".")
    inner = changed
    for step in parents:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[last] = value
    return changed  # type: ignore[no-any-return]


@pytest.mark.parametrize(("rule", "valid", "path", "value", "message"), _CASES)
def test_one_changed_field_is_one_sentence(
    rule: str, valid: tuple[str, dict[str, Any]], path: str, value: Any, message: str
) -> None:
    kind, props = valid
    assert list(_RULES[rule].judge(Subject(kind, "it", props))) == []
    broken = Subject(kind, "it", _changed(props, path, value))
    assert [violation.message for violation in _RULES[rule].judge(broken)] == [message]


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in _CASES} == set(_RULES)
    assert set(STACK_RULES) == {"no-public-bucket"}
    assert len(_RULES) + len(STACK_RULES) >= 10


_BUCKET = Subject("aws:s3/bucket:Bucket", "data", {"bucket": "data"}, "urn:bucket")
_ON = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)


def _block(props: dict[str, Any], references: dict[str, list[str]]) -> Subject:
    return Subject("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "b", props, "urn:block", references)


def test_a_bucket_is_closed_by_its_own_block() -> None:
    check = STACK_RULES["no-public-bucket"].judge
    # Known by name, and, in a first preview, only by where the value comes from.
    assert list(check([_BUCKET, _block({"bucket": "data", **_ON}, {})])) == []
    assert list(check([_BUCKET, _block({"bucket": None, **_ON}, {"bucket": ["urn:bucket"]})])) == []
    assert [v.message for v in check([_BUCKET, _block({"bucket": "other", **_ON}, {})])] == [
        "Bucket data: has no BucketPublicAccessBlock: add one with all four switches on"
    ]
    half = {"bucket": "data", **_ON, "blockPublicAcls": False}
    assert [v.message for v in check([_BUCKET, _block(half, {})])] == [
        "Bucket data: its public access block leaves blockPublicAcls off: set to true"
    ]


def test_the_pack_carries_every_rule() -> None:
    names = {policy.name for policy in policies.pack.policies_of(_root())}
    assert names == {*_RULES, *STACK_RULES} == set(policies.pack.judged_types(_root()))


def _root() -> Any:
    from pathlib import Path

    return Path(__file__).parents[2]
