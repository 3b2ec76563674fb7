"""The one list of what holds data: resource types with which something is lost that no update makes again.

Beside these, whatever a component protects (`Component.stateful`) counts too, such as the password that is a key.
"""

from __future__ import annotations

from collections.abc import Mapping

LOST_WITH: Mapping[str, str] = {
    "aws:dynamodb/table:Table": "its items",
    "aws:ebs/volume:Volume": "its files",
    "aws:ec2/vpc:Vpc": "everything that stands in it",
    "aws:ecr/repository:Repository": "its images",
    "aws:efs/fileSystem:FileSystem": "its files",
    "aws:eks/cluster:Cluster": "everything in it",
    "aws:elasticache/replicationGroup:ReplicationGroup": "its queues and sessions",
    "aws:fsx/lustreFileSystem:LustreFileSystem": "its files",
    "aws:kms/key:Key": "all that it encrypted",
    "aws:rds/cluster:Cluster": "its databases",
    "aws:rds/instance:Instance": "its databases",
    "aws:route53/zone:Zone": "its records, and whoever delegates to it",
    "aws:s3/bucket:Bucket": "its objects",
    "aws:secretsmanager/secret:Secret": "its versions",
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": "every object of its kind",
    "kubernetes:apps/v1:StatefulSet": "what its copies keep",
    "kubernetes:core/v1:Namespace": "everything in it",
    "kubernetes:core/v1:PersistentVolume": "its files",
    "kubernetes:core/v1:PersistentVolumeClaim": "its files",
    "kubernetes:kubeflow.org/v1:Profile": "the namespace of its owner",
    "kubernetes:postgresql.cnpg.io/v1:Cluster": "its databases",
    "kubernetes:postgresql.cnpg.io/v1:Database": "its tables",
}
"""Type -> what goes with one of it."""
