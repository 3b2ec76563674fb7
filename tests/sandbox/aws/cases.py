"""For each type: inputs that are valid (with `$name.property` for what another resource gives) and one that is not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


def policy(service: str = "eks.amazonaws.com") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": "arn:aws:s3:::x/*"}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::x"}
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [READ, LIST]})
NO_OTHER = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "secretsmanager:*",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}},
            }
        ],
    }
)
PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::cases-bucket/*"}
        ],
    }
)
PULL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            }
        ],
    }
)


@dataclass(frozen=True)
class Case:
    """A type under test: `good` inputs; `bad` overrides that must give `problems` by property.

    `import_id` is empty where the real provider imports none.
    """

    name: str
    token: str
    good: dict[str, Any]
    bad: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    import_id: str = "{id}"


CASES: tuple[Case, ...] = (
    Case(
        "vpc",
        "aws:ec2/vpc:Vpc",
        {"cidrBlock": "10.7.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "cases"}},
        {"instanceTenancy": "shared"},
        {"instanceTenancy": "'shared' is not one of default, dedicated, host"},
    ),
    Case(
        "extra_cidr",
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        {"vpcId": "$vpc.id", "cidrBlock": "10.8.0.0/16"},
        {"cidrBlock": {}},
        {"cidrBlock": "expected a text, got a block"},
    ),
    Case(
        "subnet",
        "aws:ec2/subnet:Subnet",
        {"vpcId": "$vpc.id", "cidrBlock": "10.7.1.0/24", "availabilityZone": "eu-west-1a", "mapPublicIpOnLaunch": True},
        {"vpcId": None},
        {"vpcId": "required, but missing"},
    ),
    Case(
        "subnet_b",
        "aws:ec2/subnet:Subnet",
        {"vpcId": "$vpc.id", "cidrBlock": "10.7.2.0/24", "availabilityZone": "eu-west-1b"},
        {"cidr": "10.7.2.0/24"},
        {
            "cidr": "unknown property; valid: assignIpv6AddressOnCreation, availabilityZone, "
            "availabilityZoneId, cidrBlock, customerOwnedIpv4Pool, enableDns64, enableLniAtDeviceIndex, "
            "enableResourceNameDnsARecordOnLaunch, enableResourceNameDnsAaaaRecordOnLaunch, ipv4IpamPoolId, "
            "ipv4NetmaskLength, ipv6CidrBlock, ipv6IpamPoolId, ipv6Native, ipv6NetmaskLength, "
            "mapCustomerOwnedIpOnLaunch, mapPublicIpOnLaunch, outpostArn, privateDnsHostnameTypeOnLaunch, "
            "region, tags, vpcId"
        },
    ),
    Case("igw", "aws:ec2/internetGateway:InternetGateway", {"vpcId": "$vpc.id"}),
    Case(
        "eip",
        "aws:ec2/eip:Eip",
        {"domain": "vpc"},
        {"domain": "cloud"},
        {"domain": "'cloud' is not one of vpc, standard"},
    ),
    Case(
        "nat",
        "aws:ec2/natGateway:NatGateway",
        {"allocationId": "$eip.id", "subnetId": "$subnet.id", "tags": {"Name": "nat"}},
        {"connectivityType": "open"},
        {"connectivityType": "'open' is not one of private, public"},
    ),
    Case(
        "table",
        "aws:ec2/routeTable:RouteTable",
        {"vpcId": "$vpc.id", "routes": [{"cidrBlock": "10.99.0.0/16", "gatewayId": "$igw.id"}]},
        {"routes": [{"cidr": "10.99.0.0/16"}]},
        {
            "routes[0].cidr": "unknown property; valid: carrierGatewayId, cidrBlock, coreNetworkArn, "
            "destinationPrefixListId, egressOnlyGatewayId, gatewayId, ipv6CidrBlock, localGatewayId, "
            "natGatewayId, networkInterfaceId, odbNetworkArn, transitGatewayId, vpcEndpointId, "
            "vpcPeeringConnectionId"
        },
    ),
    Case("route_table", "aws:ec2/routeTable:RouteTable", {"vpcId": "$vpc.id"}),
    Case(
        "route",
        "aws:ec2/route:Route",
        {"routeTableId": "$route_table.id", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "$nat.id"},
        {"routeTableId": None},
        {"routeTableId": "required, but missing"},
    ),
    Case(
        "table_use",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"routeTableId": "$table.id", "subnetId": "$subnet.id"},
        {"routeTableId": None},
        {"routeTableId": "required, but missing"},
    ),
    Case(
        "group",
        "aws:ec2/securityGroup:SecurityGroup",
        {
            "vpcId": "$vpc.id",
            "description": "cases",
            "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}],
            "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
        },
        {"ingress": [{"protocol": "tcp", "fromPort": "https", "toPort": 443}]},
        {"ingress[0].fromPort": "expected a number, got 'https'"},
    ),
    Case("rule_group", "aws:ec2/securityGroup:SecurityGroup", {"vpcId": "$vpc.id"}),
    Case(
        "ingress",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {
            "securityGroupId": "$rule_group.id",
            "ipProtocol": "tcp",
            "fromPort": 80,
            "toPort": 80,
            "cidrIpv4": "10.1.0.0/16",
        },
        {"ipProtocol": None},
        {"ipProtocol": "required, but missing"},
    ),
    Case(
        "egress",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        {
            "securityGroupId": "$rule_group.id",
            "ipProtocol": "tcp",
            "fromPort": 53,
            "toPort": 53,
            "cidrIpv4": "10.1.0.0/16",
        },
        {"securityGroupId": None},
        {"securityGroupId": "required, but missing"},
    ),
    Case("default_group", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": "$vpc.id"}),
    Case(
        "endpoint",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {"vpcId": "$vpc.id", "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": ["$table.id"]},
        {"vpcEndpointType": "Bridge"},
        {
            "vpcEndpointType": "'Bridge' is not one of Interface, Gateway, GatewayLoadBalancer, Resource, "
            "ServiceNetwork, Tunnel"
        },
    ),
    Case(
        "endpoint_if",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            "vpcId": "$vpc.id",
            "serviceName": "com.amazonaws.eu-west-1.ecr.api",
            "vpcEndpointType": "Interface",
            "subnetIds": ["$subnet.id"],
            "securityGroupIds": ["$group.id"],
            "privateDnsEnabled": True,
        },
    ),
    Case(
        "template",
        "aws:ec2/launchTemplate:LaunchTemplate",
        {
            "instanceType": "g6.xlarge",
            "updateDefaultVersion": True,
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2},
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 100, "volumeType": "gp3"}}],
            "tagSpecifications": [{"resourceType": "instance", "tags": {"team": "ml"}}],
        },
        {"metadataOptions": {"httpTokens": "yes", "httpPutResponseHopLimit": 2}},
        {"metadataOptions.httpTokens": "'yes' is not one of optional, required"},
    ),
    Case(
        "placement",
        "aws:ec2/placementGroup:PlacementGroup",
        {"strategy": "cluster"},
        {"strategy": "dense"},
        {"strategy": "'dense' is not one of cluster, spread, partition, precision-time"},
    ),
    Case(
        "role",
        "aws:iam/role:Role",
        {"assumeRolePolicy": policy(), "description": "cases", "inlinePolicies": [{"name": "own", "policy": ALLOW}]},
        {"assumeRolePolicy": "{not json", "maxSessionDuration": 60},
        {
            "assumeRolePolicy": "contains an invalid JSON policy: Expecting property name enclosed in double "
            "quotes: line 1 column 2 (char 1)",
            "maxSessionDuration": "60: must be 3600 to 43200",
        },
    ),
    Case("node_role", "aws:iam/role:Role", {"assumeRolePolicy": policy("ec2.amazonaws.com"), "name": "cases-nodes"}),
    Case(
        "policy",
        "aws:iam/policy:Policy",
        {"policy": ALLOW, "description": "cases"},
        {"name": "has space"},
        {"name": r"'has space' does not match [\w+=,.@-]+"},
    ),
    Case(
        "role_policy",
        "aws:iam/rolePolicy:RolePolicy",
        {"role": "$role.id", "policy": ALLOW},
        {"policy": '{"Version": "2012-10-17"}'},
        {"policy": "is not a policy: it has no Statement"},
    ),
    Case(
        "attachment",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "$role.id", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"},
        {"policyArn": "short"},
        {"policyArn": "5 characters: must be 20 to 2048"},
    ),
    Case(
        "profile",
        "aws:iam/instanceProfile:InstanceProfile",
        {"role": "$node_role.name"},
        {"path": "no-slash"},
        {"path": r"'no-slash' does not match (\u002F)|(\u002F[\u0021-\u007E]+\u002F)"},
    ),
    Case(
        "oidc",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {"url": "https://oidc.example.org/id/1", "clientIdLists": ["sts.amazonaws.com"], "thumbprintLists": ["a" * 40]},
        {"thumbprintLists": ["short"]},
        {"thumbprintLists[0]": "5 characters: must be 40 to 40"},
    ),
    Case(
        "key",
        "aws:kms/key:Key",
        {"description": "cases", "enableKeyRotation": True, "deletionWindowInDays": 7},
        {"deletionWindowInDays": 3},
        {"deletionWindowInDays": "3: must be 7 to 30"},
    ),
    Case(
        "grant",
        "aws:kms/grant:Grant",
        {
            "name": "cases",
            "keyId": "$key.id",
            "granteePrincipal": "arn:aws:iam::111122223333:role/cases",
            "operations": ["Decrypt", "GenerateDataKey"],
        },
        {"operations": ["Open"]},
        {
            "operations[0]": "'Open' is not one of Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, "
            "ReEncryptFrom, ReEncryptTo, Sign, Verify, GetPublicKey, CreateGrant, RetireGrant, DescribeKey, "
            "GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext, GenerateMac, VerifyMac, DeriveSharedSecret, "
            "Encapsulate, Decapsulate"
        },
        import_id="{id}",
    ),
    Case(
        "alias",
        "aws:kms/alias:Alias",
        {"name": "alias/cases", "targetKeyId": "$key.id"},
        {"name": "cases"},
        {"name": "'cases' must begin with 'alias/'"},
    ),
    Case(
        "cluster",
        "aws:eks/cluster:Cluster",
        {
            "name": "cases",
            "roleArn": "$role.arn",
            "version": "1.35",
            "vpcConfig": {
                "subnetIds": ["$subnet.id", "$subnet_b.id"],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
            },
            "accessConfig": {"authenticationMode": "API"},
            "enabledClusterLogTypes": ["api", "audit"],
            "encryptionConfig": {"provider": {"keyArn": "$key.arn"}, "resources": ["secrets"]},
        },
        {"name": "bad name!", "enabledClusterLogTypes": ["everything"]},
        {
            "name": r"'bad name!' does not match ^[0-9A-Za-z][A-Za-z0-9\-_]*",
            "enabledClusterLogTypes": "'everything' is not one of api, audit, authenticator, "
            "controllerManager, scheduler",
        },
    ),
    Case(
        "nodes",
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "$cluster.name",
            "nodeRoleArn": "$node_role.arn",
            "subnetIds": ["$subnet.id", "$subnet_b.id"],
            "scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": 4},
            "launchTemplate": {"id": "$template.id", "version": "1"},
            "amiType": "AL2023_x86_64_NVIDIA",
            "labels": {"pool": "gpu"},
            "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
        },
        {
            "taints": [{"key": "gpu", "effect": "NoSchedule"}],
            "scalingConfig": {"minSize": 3, "desiredSize": 2, "maxSize": 1},
        },
        {
            "taints[0].effect": "'NoSchedule' is not one of NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE",
            "scalingConfig.desiredSize": "desired capacity 2 can't be greater than max size 1",
        },
    ),
    Case(
        "group_tag",
        "aws:autoscaling/tag:Tag",
        {
            "autoscalingGroupName": "eks-cases",
            "tag": {"key": "k8s.io/cluster-autoscaler/cases", "value": "1", "propagateAtLaunch": False},
        },
        {"tag": None},
        {"tag": "required, but missing"},
    ),
    Case(
        "addon",
        "aws:eks/addon:Addon",
        {"clusterName": "$cluster.name", "addonName": "coredns", "resolveConflictsOnCreate": "OVERWRITE"},
        {"resolveConflictsOnCreate": "MAYBE"},
        {"resolveConflictsOnCreate": "'MAYBE' is not one of OVERWRITE, NONE, PRESERVE"},
    ),
    Case(
        "access",
        "aws:eks/accessEntry:AccessEntry",
        {"clusterName": "$cluster.name", "principalArn": "$role.arn", "kubernetesGroups": ["viewers"]},
        {"principalArn": None},
        {"principalArn": "required, but missing"},
    ),
    Case(
        "access_policy",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {
            "clusterName": "$cluster.name",
            "principalArn": "$role.arn",
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "cluster"},
        },
        {"accessScope": {"type": "everything"}},
        {"accessScope.type": "'everything' is not one of cluster, namespace"},
    ),
    Case(
        "pod_identity",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {"clusterName": "$cluster.name", "namespace": "mlflow", "serviceAccount": "mlflow", "roleArn": "$role.arn"},
        {"namespace": None},
        {"namespace": "required, but missing"},
    ),
    Case(
        "fargate",
        "aws:eks/fargateProfile:FargateProfile",
        {
            "clusterName": "$cluster.name",
            "podExecutionRoleArn": "$role.arn",
            "subnetIds": ["$subnet.id"],
            "selectors": [{"namespace": "batch"}],
        },
        {"selectors": [{"names": "x"}]},
        {
            "selectors[0].names": "unknown property; valid: labels, namespace",
            "selectors[0].namespace": "required, but missing",
        },
    ),
    Case(
        "bucket",
        "aws:s3/bucket:Bucket",
        {"bucket": "cases-bucket", "forceDestroy": True, "tags": {"team": "ml"}},
        {"acl": "open"},
        {"acl": "'open' is not one of private, public-read, public-read-write, authenticated-read"},
    ),
    Case(
        "versioning",
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "$bucket.id", "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "On"}},
        {"versioningConfiguration.status": "'On' is not one of Enabled, Suspended"},
    ),
    Case(
        "locked_bucket",
        "aws:s3/bucket:Bucket",
        {"bucket": "cases-locked", "objectLockEnabled": True},
    ),
    Case(
        "lock",
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        {"bucket": "$locked_bucket.id", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 7}}},
        {"rule": {"defaultRetention": {"mode": "FOREVER", "days": 7}}},
        {"rule.defaultRetention.mode": "'FOREVER' is not one of GOVERNANCE, COMPLIANCE"},
    ),
    Case(
        "encryption",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "$bucket.id",
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "$key.arn"},
                    "bucketKeyEnabled": True,
                }
            ],
        },
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "rot13"}}]},
        {
            "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm": "'rot13' is not one of AES256, "
            "aws:fsx, aws:backup, aws:kms, aws:kms:dsse"
        },
    ),
    Case(
        "public_access",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {
            "bucket": "$bucket.id",
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        {"bucket": None},
        {"bucket": "required, but missing"},
    ),
    Case(
        "bucket_policy",
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "$bucket.id", "policy": PUBLIC},
        {"policy": '{"Statement": [{"Effect": "Maybe", "Action": "s3:*"}]}'},
        {"policy": "Statement[0].Effect must be Allow or Deny"},
    ),
    Case(
        "lifecycle",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "$bucket.id",
            "rules": [
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": "tmp/"},
                    "expiration": {"days": 30},
                    "noncurrentVersionExpiration": {"noncurrentDays": 7},
                }
            ],
        },
        {"rules": [{"id": "expire", "status": "On", "expiration": {"days": 30}}]},
        {"rules[0].status": "'On' is not one of Enabled, Disabled"},
    ),
    Case(
        "ownership",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"bucket": "$bucket.id", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "Mine"}},
        {"rule.objectOwnership": "'Mine' is not one of BucketOwnerPreferred, ObjectWriter, BucketOwnerEnforced"},
    ),
    Case("logs_bucket", "aws:s3/bucket:Bucket", {"bucket": "cases-logs", "forceDestroy": True}),
    Case(
        "logs_policy",
        "aws:s3/bucketPolicy:BucketPolicy",
        {
            "bucket": "$logs_bucket.id",
            "policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "logging.s3.amazonaws.com"},
                            "Action": "s3:PutObject",
                            "Resource": "arn:aws:s3:::cases-logs/*",
                        }
                    ],
                }
            ),
        },
    ),
    Case(
        "bucket_logging",
        "aws:s3/bucketLogging:BucketLogging",
        {
            "bucket": "$bucket.id",
            "targetBucket": "$logs_bucket.id",
            "targetPrefix": "log/",
            "targetObjectKeyFormat": {"partitionedPrefix": {"partitionDateSource": "EventTime"}},
        },
        {"targetPrefix": None},
        {"targetPrefix": "required, but missing"},
    ),
    Case(
        "db_subnets",
        "aws:rds/subnetGroup:SubnetGroup",
        {"subnetIds": ["$subnet.id", "$subnet_b.id"]},
        {"subnetIds": None},
        {"subnetIds": "required, but missing"},
    ),
    Case(
        "db_parameters",
        "aws:rds/parameterGroup:ParameterGroup",
        {
            "family": "postgres17",
            "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}],
        },
        {"parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "soon"}]},
        {"parameters[0].applyMethod": "'soon' is not one of immediate, pending-reboot"},
    ),
    Case(
        "db",
        "aws:rds/instance:Instance",
        {
            "identifier": "cases-db",
            "engine": "postgres",
            "engineVersion": "17.5",
            "instanceClass": "db.t4g.medium",
            "allocatedStorage": 20,
            "username": "groundwork",
            "password": "not-in-any-file",
            "dbSubnetGroupName": "$db_subnets.name",
            "vpcSecurityGroupIds": ["$group.id"],
            "storageEncrypted": True,
            "skipFinalSnapshot": True,
        },
        {"skipFinalSnapshot": False, "password": None, "allocatedStorage": "much"},
        {
            "finalSnapshotIdentifier": "required, unless skipFinalSnapshot is true",
            "password": "required, unless manageMasterUserPassword is true",
            "allocatedStorage": "expected a number, got 'much'",
        },
    ),
    Case(
        "secret",
        "aws:secretsmanager/secret:Secret",
        {"name": "cases/secret", "recoveryWindowInDays": 0, "tags": {"team": "ml"}},
        {"recoveryWindowInDays": 3},
        {"recoveryWindowInDays": "3: must be 0, or 7 to 30"},
    ),
    Case(
        "secret_version",
        "aws:secretsmanager/secretVersion:SecretVersion",
        {"secretId": "$secret.id", "secretString": "also-in-no-file"},
        {"secretString": None},
        {"secretString": "exactly one of secretString, secretStringWo and secretBinary must be given"},
    ),
    Case(
        "secret_policy",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        {"secretArn": "$secret.arn", "policy": NO_OTHER, "blockPublicPolicy": True},
        {"secretArn": None},
        {"secretArn": "required, but missing"},
    ),
    Case(
        "rotation",
        "aws:secretsmanager/secretRotation:SecretRotation",
        {
            "secretId": "$secret.id",
            "rotationLambdaArn": "arn:aws:lambda:eu-west-1:123456789012:function:rotate",
            "rotationRules": {"automaticallyAfterDays": 30},
        },
        {"rotationRules": {"automaticallyAfterDays": 2000}},
        {"rotationRules.automaticallyAfterDays": "2000: must be 1 to 1000"},
    ),
    Case(
        "log_group",
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/cases/flow", "retentionInDays": 30, "tags": {"team": "ml"}},
        {"name": "bad*name"},
        {"name": r"'bad*name' does not match [\.\-_/#A-Za-z0-9]+"},
    ),
    Case(
        "flow_log",
        "aws:ec2/flowLog:FlowLog",
        {"vpcId": "$vpc.id", "trafficType": "ALL", "logDestination": "$log_group.arn", "iamRoleArn": "$role.arn"},
        {"trafficType": "SOME", "vpcId": None},
        {
            "trafficType": "'SOME' is not one of ACCEPT, REJECT, ALL",
            "vpcId": "exactly one of vpcId, subnetId, eniId and transitGatewayId must be given",
        },
    ),
    Case(
        "queue",
        "aws:sqs/queue:Queue",
        {"name": "cases", "visibilityTimeoutSeconds": 60, "sqsManagedSseEnabled": True, "tags": {"team": "ml"}},
        {"visibilityTimeoutSeconds": 50000, "fifoQueue": True},
        {
            "visibilityTimeoutSeconds": "50000: must be 0 to 43200",
            "name": "'cases': the name of a FIFO queue must end in .fifo, and no other may",
        },
    ),
    Case(
        "queue_policy",
        "aws:sqs/queuePolicy:QueuePolicy",
        {
            "queueUrl": "$queue.id",
            "policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": "arn:aws:sqs:eu-west-1:123456789012:cases",
                        }
                    ],
                }
            ),
        },
        {"policy": "[]"},
        {"policy": "is not a policy: it has no Statement"},
    ),
    Case(
        "rule",
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "cases", "eventPattern": '{"source": ["aws.ec2", "aws.health"]}', "tags": {"team": "ml"}},
        {"eventPattern": None},
        {"scheduleExpression": "one of scheduleExpression and eventPattern must be given"},
    ),
    Case(
        "target",
        "aws:cloudwatch/eventTarget:EventTarget",
        {"rule": "$rule.name", "arn": "$queue.arn"},
        {"targetId": "has space"},
        {"targetId": r"'has space' does not match [\.\-_A-Za-z0-9]+"},
        import_id="{rule}/{targetId}",
    ),
    Case(
        "alarm",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "name": "cases",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 2,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 300,
            "statistic": "Average",
            "threshold": 80,
            "dimensions": {"DBInstanceIdentifier": "cases-db"},
        },
        {"comparisonOperator": "Above"},
        {
            "comparisonOperator": "'Above' is not one of GreaterThanOrEqualToThreshold, GreaterThanThreshold, "
            "LessThanThreshold, LessThanOrEqualToThreshold, LessThanLowerOrGreaterThanUpperThreshold, "
            "LessThanLowerThreshold, GreaterThanUpperThreshold"
        },
    ),
    Case("topic", "aws:sns/topic:Topic", {"name": "cases", "displayName": "Cases", "tags": {"team": "ml"}}),
    Case(
        "subscription",
        "aws:sns/topicSubscription:TopicSubscription",
        {"topic": "$topic.arn", "protocol": "sqs", "endpoint": "$queue.arn", "rawMessageDelivery": True},
        {"endpoint": None},
        {"endpoint": "required, but missing"},
    ),
    Case(
        "files",
        "aws:efs/fileSystem:FileSystem",
        {"encrypted": True, "lifecyclePolicies": [{"transitionToIa": "AFTER_30_DAYS"}], "tags": {"Name": "cases"}},
        {"performanceMode": "fast"},
        {"performanceMode": "'fast' is not one of generalPurpose, maxIO"},
    ),
    Case(
        "mount",
        "aws:efs/mountTarget:MountTarget",
        {"fileSystemId": "$files.id", "subnetId": "$subnet.id", "securityGroups": ["$group.id"]},
        {"subnetId": None},
        {"subnetId": "required, but missing"},
    ),
    Case(
        "file_access",
        "aws:efs/accessPoint:AccessPoint",
        {
            "fileSystemId": "$files.id",
            "posixUser": {"uid": 1000, "gid": 1000},
            "rootDirectory": {
                "path": "/data",
                "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"},
            },
        },
        {"posixUser": {"uid": -1, "gid": 0}},
        {"posixUser.uid": "-1: must be 0 to 4294967295"},
    ),
    Case(
        "file_policy",
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        {"fileSystemId": "$files.id", "policy": ALLOW},
        {"fileSystemId": None},
        {"fileSystemId": "required, but missing"},
    ),
    Case(
        "file_backup",
        "aws:efs/backupPolicy:BackupPolicy",
        {"fileSystemId": "$files.id", "backupPolicy": {"status": "ENABLED"}},
        {"backupPolicy": {"status": "SOMETIMES"}},
        {"backupPolicy.status": "'SOMETIMES' is not one of ENABLED, ENABLING, DISABLED, DISABLING"},
    ),
    Case(
        "lustre",
        "aws:fsx/lustreFileSystem:LustreFileSystem",
        {"subnetIds": "$subnet.id", "storageCapacity": 1200, "deploymentType": "SCRATCH_2"},
        {"deploymentType": "FOREVER"},
        {"deploymentType": "'FOREVER' is not one of SCRATCH_1, SCRATCH_2, PERSISTENT_1, PERSISTENT_2"},
    ),
    Case(
        "lustre_link",
        "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation",
        {
            "fileSystemId": "$lustre.id",
            "fileSystemPath": "/data",
            "dataRepositoryPath": "s3://cases-bucket",
            "batchImportMetaDataOnCreate": True,
            "s3": {"autoExportPolicy": {"events": ["NEW"]}, "autoImportPolicy": {"events": ["NEW", "CHANGED"]}},
            "tags": {"Name": "cases"},
        },
        {"s3": {"autoImportPolicy": {"events": ["GONE"]}}},
        {"s3.autoImportPolicy.events[0]": "'GONE' is not one of NEW, CHANGED, DELETED"},
    ),
    Case(
        "registry",
        "aws:ecr/repository:Repository",
        {
            "name": "cases/app",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "AES256"}],
        },
        {"imageTagMutability": "SOLID"},
        {
            "imageTagMutability": "'SOLID' is not one of MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, "
            "MUTABLE_WITH_EXCLUSION"
        },
    ),
    Case(
        "image_lifecycle",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        {
            "repository": "$registry.name",
            "policy": json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5},
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
        },
        {"policy": "{}"},
        {"policy": "2 characters: must be 100 to 30720"},
    ),
    Case(
        "image_policy",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        {"repository": "$registry.name", "policy": PULL},
        {"policy": "pull"},
        {"policy": "contains an invalid JSON policy: Expecting value: line 1 column 1 (char 0)"},
    ),
    Case(
        "cache_template",
        "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
        {
            "prefix": "quay",
            "appliedFors": ["PULL_THROUGH_CACHE"],
            "description": "cases",
            "encryptionConfigurations": [{"encryptionType": "AES256"}],
            "imageTagMutability": "MUTABLE",
        },
        {"appliedFors": ["PUSH"]},
        {"appliedFors[0]": "'PUSH' is not one of REPLICATION, PULL_THROUGH_CACHE, CREATE_ON_PUSH"},
    ),
    Case(
        "cache_rule",
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        {"ecrRepositoryPrefix": "quay", "upstreamRegistryUrl": "quay.io"},
        {"ecrRepositoryPrefix": "Q!"},
        {
            "ecrRepositoryPrefix": r"'Q!' does not match ^([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+"
            r"((\.|_|__|-+)[a-z0-9]+)*)*\/?|ROOT)$"
        },
    ),
    Case(
        "cache_subnets",
        "aws:elasticache/subnetGroup:SubnetGroup",
        {"name": "cases", "subnetIds": ["$subnet.id"]},
        {"subnetIds": None},
        {"subnetIds": "required, but missing"},
    ),
    Case(
        "cache_parameters",
        "aws:elasticache/parameterGroup:ParameterGroup",
        {
            "name": "cases",
            "family": "valkey8",
            "parameters": [{"name": "maxmemory-policy", "value": "noeviction"}],
        },
        {"family": None},
        {"family": "required, but missing"},
    ),
    Case(
        "redis",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        {
            "replicationGroupId": "cases",
            "description": "cases",
            "engine": "redis",
            "nodeType": "cache.t4g.small",
            "logDeliveryConfigurations": [
                {
                    "destination": "$log_group.name",
                    "destinationType": "cloudwatch-logs",
                    "logFormat": "json",
                    "logType": "slow-log",
                }
            ],
            "numCacheClusters": 2,
            "automaticFailoverEnabled": True,
            "transitEncryptionEnabled": True,
            "atRestEncryptionEnabled": True,
            "authToken": "a-token-that-is-in-no-file",
        },
        {"transitEncryptionEnabled": False},
        {"authToken": "needs transitEncryptionEnabled"},
    ),
    Case("zone", "aws:route53/zone:Zone", {"name": "cases.example.org", "tags": {"team": "ml"}}),
    Case(
        "record",
        "aws:route53/record:Record",
        {"zoneId": "$zone.id", "name": "www.cases.example.org", "type": "A", "ttl": 300, "records": ["192.0.2.1"]},
        {"type": "ADDRESS", "ttl": None},
        {
            "ttl": "required, unless aliases is given",
            "type": "'ADDRESS' is not one of SOA, A, TXT, NS, CNAME, MX, NAPTR, PTR, SRV, SPF, AAAA, CAA, DS, "
            "TLSA, SSHFP, SVCB, HTTPS",
        },
    ),
    Case(
        "certificate",
        "aws:acm/certificate:Certificate",
        {
            "domainName": "cases.example.org",
            "subjectAlternativeNames": ["*.cases.example.org", "cases.example.org"],
            "validationMethod": "DNS",
        },
        {"validationMethod": "POST"},
        {"validationMethod": "'POST' is not one of EMAIL, DNS, HTTP"},
    ),
    Case(
        "proof",
        "aws:route53/record:Record",
        {
            "zoneId": "$zone.id",
            # What moto asks for, whatever the certificate.
            "name": "_d930b28be6c5927595552b219965053e.cases.example.org",
            "type": "CNAME",
            "ttl": 60,
            "records": ["_c9edd76ee4a0e2a74388032f3861cc50.ykybfrwcxw.acm-validations.aws."],
            "allowOverwrite": True,
        },
    ),
    Case(
        "issued",
        "aws:acm/certificateValidation:CertificateValidation",
        {"certificateArn": "$certificate.arn", "validationRecordFqdns": ["$proof.fqdn"]},
        {"certificateArn": None},
        {"certificateArn": "required, but missing"},
        import_id="",
    ),
    Case(
        "budget",
        "aws:budgets/budget:Budget",
        {
            "name": "cases",
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "limitAmount": "100",
            "limitUnit": "USD",
            "timePeriodStart": "2026-01-01_00:00",
            "notifications": [
                {
                    "comparisonOperator": "GREATER_THAN",
                    "notificationType": "ACTUAL",
                    "threshold": 80,
                    "thresholdType": "PERCENTAGE",
                    "subscriberEmailAddresses": ["ml@example.org"],
                }
            ],
        },
        {"timePeriodStart": "January"},
        {"timePeriodStart": "'January' is not of the form 2026-01-31_00:00"},
    ),
    Case(
        "parameter",
        "aws:ssm/parameter:Parameter",
        {"name": "/cases/one", "type": "SecureString", "value": "in-no-file-either"},
        {"type": "Text"},
        {"type": "'Text' is not one of String, StringList, SecureString"},
    ),
)
