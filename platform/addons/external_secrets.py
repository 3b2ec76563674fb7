"""The External Secrets Operator: secrets that people keep outside this program, as Kubernetes Secrets."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._charts import Copies
from addons._cloud_controller import region_and_account
from addons._pods import resources, spread
from addons.external_secrets_api import GROUP, ExternalSecrets, Keeper
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Alert,
    CloudIdentity,
    Cluster,
    Metrics,
    Namespace,
    NodePools,
    SecretStore,
    Statement,
)
from groundwork.core.errors import StackError
from groundwork.core.regions import partition_of

ACCOUNT = "external-secrets"
READER = "secret-reader"
KEPT = "platform-secrets"


class ExternalSecretsConfig(Config):
    """What a stack file may say under `external-secrets:`."""

    replicas: Copies = Field(description="copies of the operator, of the webhook and of what signs its certificate")


def values(config: ExternalSecretsConfig, *, keeper: Keeper) -> dict[str, Any]:
    """Return the chart's values.

    https://github.com/external-secrets/external-secrets/tree/helm-chart-2.9.0/deploy/charts/external-secrets

    Args:
        keeper: who keeps the secrets.
    """

    def part(name: str, memory: str, limit: str) -> dict[str, Any]:
        return {
            "replicaCount": config.replicas,
            "podDisruptionBudget": {"enabled": config.replicas > 1, "minAvailable": 1},
            "topologySpreadConstraints": spread({"app.kubernetes.io/name": name}),
            "resources": resources("20m", memory, limit),
            "metrics": {"service": {"enabled": True}},
        }

    return {
        "installCRDs": False,
        # Without it every copy writes, one against the other.
        "leaderElect": True,
        "serviceAccount": {"name": ACCOUNT},
        # What nobody here asks for need not be watched, nor may it be done: secrets only come in.
        **dict.fromkeys(
            (
                "processClusterExternalSecret",
                "processClusterGenerator",
                "processClusterPushSecret",
                "processPushSecret",
            ),
            False,
        ),
        # It reads the namespace of secrets as another account, whose token it asks for; the cloud knows it itself.
        "rbac": {"serviceAccountTokenCreate": keeper == "kubernetes", "servicebindings": {"create": False}},
        "log": {"level": "info", "timeEncoding": "iso8601"},
        "livenessProbe": {"enabled": True},
        "readinessProbe": {"enabled": True},
        **part("external-secrets", "128Mi", "256Mi"),
        "webhook": {**part("external-secrets-webhook", "64Mi", "128Mi"), "serviceAccount": {"automount": False}},
        # Ready only when the webhook's certificate is signed and the API server has its authority: so the release
        # ends when the webhook answers, and what it admits comes after it.
        "certController": part("external-secrets-cert-controller", "96Mi", "192Mi"),
    }


def statements(*, region: str, account_id: str, prefix: str) -> list[Statement]:
    """Return what it may do where no component keeps them: read the secrets of its own environment, by AWS's own key.

    https://external-secrets.io/v2.9.0/provider/aws-secrets-manager/#iam-policy
    """
    own = f"arn:{partition_of(region)}:secretsmanager:{region}:{account_id}:secret:{prefix}*"
    return [Statement(actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], resources=[own])]


class ExternalSecretsOperator(Component[ExternalSecretsConfig]):
    """The External Secrets Operator, and the store that it reads: AWS Secrets Manager, or a namespace."""

    single = True
    operates = ExternalSecrets

    def build(
        self,
        cluster: Cluster,
        secrets: ExternalSecrets,
        store: SecretStore | None,
        identity: CloudIdentity | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart, then the store, which its webhook admits."""
        self._check(secrets, store)
        namespace = cluster.namespace(self.name, parent=self)
        if secrets.keeper == "aws":
            provider, before = self._in_aws(namespace, secrets, store, identity)
        else:
            provider, before = self._in_cluster(namespace)
        chart = release(
            self.name,
            parent=self,
            chart="external-secrets",
            namespace=namespace,
            values=values(self.config, keeper=secrets.keeper),
            accounts={"serviceAccount": namespace.chart_account(ACCOUNT)},
            after=before,
        )
        k8s.apiextensions.CustomResource(
            f"{self.name}-store",
            api_version=GROUP,
            kind="ClusterSecretStore",
            metadata={"name": secrets.store},
            spec={"provider": provider},
            opts=namespace.options(depends_on=[chart]),
        )
        if metrics is not None:
            self._watch(metrics, namespace)

    def _check(self, secrets: ExternalSecrets, store: SecretStore | None) -> None:
        if store is None:
            return
        problems = []
        if secrets.keeper != "aws":
            problems.append(
                f"{self.name}: external-secrets-api.keeper is {secrets.keeper!r}, and this stack keeps secrets in AWS; "
                "leave the keeper out, or take secrets-manager out"
            )
        elif secrets.prefix != store.prefix:
            problems.append(
                f"{self.name}: names of secrets begin with {secrets.prefix!r} here, and with {store.prefix!r} in the "
                "store: take that of the same environment"
            )
        if problems:
            raise StackError(problems)

    def _in_aws(
        self,
        namespace: Namespace,
        secrets: ExternalSecrets,
        store: SecretStore | None,
        identity: CloudIdentity | None,
    ) -> tuple[dict[str, Any], list[pulumi.Resource]]:
        """Let the operator read AWS Secrets Manager as itself."""
        region, account_id = region_and_account(self, "reads AWS Secrets Manager")
        if identity is None:
            raise StackError(
                [
                    f"{self.name}: AWS keeps the secrets, and nobody here gives pods an identity there: add eks to "
                    "this stack, or import a stack that has it, or set external-secrets-api.keeper: kubernetes"
                ]
            )
        granted = identity.grant(
            "secrets",
            parent=self,
            account=namespace.chart_account(ACCOUNT),
            statements=store.reading()
            if store is not None
            else statements(region=region, account_id=account_id, prefix=secrets.prefix),
        )
        where = store.region if store is not None else region
        return {"aws": {"service": "SecretsManager", "region": where}}, granted

    def _in_cluster(self, namespace: Namespace) -> tuple[dict[str, Any], list[pulumi.Resource]]:
        """Make a namespace for secrets that people put there, and an account that may read it and nothing else."""
        cluster, restricted = namespace.cluster, "pod-security.kubernetes.io/enforce"
        kept = k8s.core.v1.Namespace(
            f"{self.name}-{KEPT}",
            metadata={"name": KEPT, "labels": {restricted: "restricted", "app.kubernetes.io/part-of": self.name}},
            # What people put there is nowhere else.
            opts=cluster.options(
                self,
                retain_on_delete=True,
                protect=self.environment.profile.protect,
                depends_on=[*self.after],
            ),
        )
        reader = namespace.service_account(READER)
        within = Namespace(KEPT, cluster, kept, self)
        role = k8s.rbac.v1.Role(
            f"{self.name}-{READER}",
            metadata={"name": READER, "namespace": KEPT},
            rules=[{"api_groups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}],
            opts=within.options(),
        )
        binding = k8s.rbac.v1.RoleBinding(
            f"{self.name}-{READER}",
            metadata={"name": READER, "namespace": KEPT},
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": READER},
            subjects=[{"kind": "ServiceAccount", "name": READER, "namespace": namespace.name}],
            opts=within.options(depends_on=[role]),
        )
        authority = {"type": "ConfigMap", "name": "kube-root-ca.crt", "key": "ca.crt", "namespace": namespace.name}
        provider = {
            "kubernetes": {
                "remoteNamespace": KEPT,
                "server": {"caProvider": authority},
                "auth": {"serviceAccount": {"name": READER, "namespace": namespace.name}},
            }
        }
        return provider, [*reader.resources, binding]

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        for part in ("external-secrets", "external-secrets-webhook", "external-secrets-cert-controller"):
            metrics.scrape(
                part,
                parent=self,
                namespace=namespace,
                selector={"app.kubernetes.io/name": part, "app.kubernetes.io/instance": self.name},
                port="metrics",
            )
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="SecretNotRead",
                    expression='externalsecret_status_condition{condition="Ready",status="False"} == 1',
                    after="15m",
                    severity="warning",
                    summary="A secret cannot be read from the store: its copy in the cluster keeps its last values.",
                )
            ],
        )
