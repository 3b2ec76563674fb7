"""The contracts of the platform: what components offer each other, whichever product answers."""

from groundwork.core.contracts.accelerators import Accelerators, Adapters
from groundwork.core.contracts.broker import Broker, Queue
from groundwork.core.contracts.cluster import NAMESPACE, Cluster, Namespace, Security, ServiceAccount
from groundwork.core.contracts.features import NodeFeatures
from groundwork.core.contracts.identity import CloudIdentity, Statement
from groundwork.core.contracts.login import Login, LoginClient
from groundwork.core.contracts.logs import Logs
from groundwork.core.contracts.mesh import ByAddress, Gateway, Mesh
from groundwork.core.contracts.metrics import Alert, Dashboard, Metrics, Panel
from groundwork.core.contracts.names import HostedZones
from groundwork.core.contracts.network import Network
from groundwork.core.contracts.pools import NodePool, NodePools, Placement, Taint
from groundwork.core.contracts.priorities import Priorities
from groundwork.core.contracts.scaling import Credentials, Scaling, SecretKey, Sizing, Trigger, Usage
from groundwork.core.contracts.secrets import SecretReference, Secrets, SecretStore
from groundwork.core.contracts.serverless import Serverless
from groundwork.core.contracts.services import (
    Balancers,
    Certificates,
    ModelRegistry,
    Orchestrator,
    Pipelines,
    Tracking,
    Training,
    Tuning,
    Workspaces,
)
from groundwork.core.contracts.serving import Around, Canary, Copies, Model, ModelSource, Serving
from groundwork.core.contracts.storage import (
    Bucket,
    Database,
    ImageRegistry,
    ObjectStore,
    SharedFiles,
    SnapshotKinds,
    SqlServer,
)
from groundwork.core.contracts.tls import LoadBalancerCertificates
from groundwork.core.contracts.workflows import Task, Workflows

__all__ = [
    "NAMESPACE",
    "Accelerators",
    "Adapters",
    "Alert",
    "Around",
    "Balancers",
    "Broker",
    "Bucket",
    "ByAddress",
    "Canary",
    "Certificates",
    "CloudIdentity",
    "Cluster",
    "Copies",
    "Credentials",
    "Dashboard",
    "Database",
    "Gateway",
    "HostedZones",
    "ImageRegistry",
    "LoadBalancerCertificates",
    "Login",
    "LoginClient",
    "Logs",
    "Mesh",
    "Metrics",
    "Model",
    "ModelRegistry",
    "ModelSource",
    "Namespace",
    "Network",
    "NodeFeatures",
    "NodePool",
    "NodePools",
    "ObjectStore",
    "Orchestrator",
    "Panel",
    "Pipelines",
    "Placement",
    "Priorities",
    "Queue",
    "Scaling",
    "SecretKey",
    "SecretReference",
    "SecretStore",
    "Secrets",
    "Security",
    "Serverless",
    "ServiceAccount",
    "Serving",
    "SharedFiles",
    "Sizing",
    "SnapshotKinds",
    "SqlServer",
    "Statement",
    "Taint",
    "Task",
    "Tracking",
    "Training",
    "Trigger",
    "Tuning",
    "Usage",
    "Workflows",
    "Workspaces",
]
