"""What the AWS Load Balancer Controller may do.

Upstream's policy for 3.5.0, without what is switched off here (WAF, Shield, Cognito) and without changing the rules of
security groups that are not the cluster's own:
https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
"""

from __future__ import annotations

from typing import Any

from groundwork.core.contracts import Statement
from groundwork.core.regions import partition_of

_TAG = "elbv2.k8s.aws/cluster"


def statements(*, cluster: str, region: str, account_id: str) -> list[Statement]:
    """Return the statements: reading has no finer grain; what is changed has to carry this cluster's tag."""
    partition = partition_of(region)
    balancing = f"arn:{partition}:elasticloadbalancing:{region}:{account_id}"
    groups = f"arn:{partition}:ec2:{region}:{account_id}:security-group/*"
    named: dict[str, Any] = {"StringEquals": {f"aws:RequestTag/{_TAG}": cluster}}
    own: dict[str, Any] = {"StringEquals": {f"aws:ResourceTag/{_TAG}": cluster}}
    targets = f"{balancing}:targetgroup/*/*"
    balancers = [f"{balancing}:loadbalancer/net/*/*", f"{balancing}:loadbalancer/app/*/*"]
    parts = [
        f"{balancing}:{kind}/{layer}/*/*/*" for kind in ("listener", "listener-rule") for layer in ("net/*", "app/*")
    ]
    return [
        Statement(actions=_READ, resources=["*"]),
        Statement(
            actions=["iam:CreateServiceLinkedRole"],
            resources=[
                f"arn:{partition}:iam::{account_id}:role/aws-service-role/elasticloadbalancing.amazonaws.com/"
                "AWSServiceRoleForElasticLoadBalancing"
            ],
            conditions={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
        Statement(
            actions=["ec2:CreateSecurityGroup"],
            # A network account may share the VPC, which keeps its owner's number.
            resources=[groups, f"arn:{partition}:ec2:{region}:*:vpc/*"],
        ),
        Statement(
            actions=["ec2:CreateTags"],
            resources=[groups],
            conditions={"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", f"aws:RequestTag/{_TAG}": cluster}},
        ),
        Statement(actions=["ec2:CreateTags", "ec2:DeleteTags"], resources=[groups], conditions=own),
        Statement(
            # The nodes' group gets a rule for each balancer; the controller finds it by this tag, which EKS sets.
            actions=["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            resources=[groups],
            conditions={"StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"}},
        ),
        Statement(
            actions=[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupIngress",
                "ec2:DeleteSecurityGroup",
            ],
            resources=[groups],
            conditions=own,
        ),
        Statement(
            actions=["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            resources=[*balancers, targets],
            conditions=named,
        ),
        Statement(
            actions=["elasticloadbalancing:AddTags"],
            resources=[*balancers, targets],
            conditions={
                "StringEquals": {
                    "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"],
                    f"aws:RequestTag/{_TAG}": cluster,
                }
            },
        ),
        Statement(
            actions=["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            resources=[*balancers, targets, *parts],
            conditions=own,
        ),
        Statement(actions=_CHANGE, resources=[*balancers, targets, *parts], conditions=own),
        Statement(
            actions=["elasticloadbalancing:AddTags"],
            resources=parts,
            conditions={"StringEquals": {"elasticloadbalancing:CreateAction": ["CreateListener", "CreateRule"]}},
        ),
    ]


_READ = (
    "acm:DescribeCertificate",
    "acm:ListCertificates",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeTrustStores",
)

_CHANGE = (
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateRule",
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteRule",
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyListenerAttributes",
    "elasticloadbalancing:ModifyLoadBalancerAttributes",
    "elasticloadbalancing:ModifyRule",
    "elasticloadbalancing:ModifyTargetGroup",
    "elasticloadbalancing:ModifyTargetGroupAttributes",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:SetIpAddressType",
    "elasticloadbalancing:SetRulePriorities",
    "elasticloadbalancing:SetSecurityGroups",
    "elasticloadbalancing:SetSubnets",
)
