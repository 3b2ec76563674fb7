"""The contracts of the platform: what components offer each other, whichever product answers."""

from groundwork.core.contracts.cluster import Cluster, Namespace, Security, ServiceAccount
from groundwork.core.contracts.identity import CloudIdentity, Statement
from groundwork.core.contracts.login import Login, LoginClient
from groundwork.core.contracts.mesh import Mesh
from groundwork.core.contracts.metrics import Alert, Metrics
from groundwork.core.contracts.network import Network
from groundwork.core.contracts.pools import NodePool, NodePools, Placement, Taint
from groundwork.core.contracts.scaling import Scaling, Trigger
from groundwork.core.contracts.services import Balancers, Certificates, Orchestrator, Pipelines, Tracking
from groundwork.core.contracts.storage import Bucket, Database, ObjectStore, SharedFiles, SqlServer

__all__ = [
    "Alert",
    "Balancers",
    "Bucket",
    "Certificates",
    "CloudIdentity",
    "Cluster",
    "Database",
    "Login",
    "LoginClient",
    "Mesh",
    "Metrics",
    "Namespace",
    "Network",
    "NodePool",
    "NodePools",
    "ObjectStore",
    "Orchestrator",
    "Pipelines",
    "Placement",
    "Scaling",
    "Security",
    "ServiceAccount",
    "SharedFiles",
    "SqlServer",
    "Statement",
    "Taint",
    "Tracking",
    "Trigger",
]
