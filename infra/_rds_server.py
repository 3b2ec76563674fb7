"""What RDS offers to other components: databases, made by a Job that reads the administrator's present password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.contracts import CloudIdentity, Database, Namespace, ServiceAccount, SqlServer, Statement
from groundwork.core.databases import KeptPassword, Server, provision
from groundwork.core.errors import StackError

PORT = 5432
ADMIN = "groundwork"


@dataclass(frozen=True, kw_only=True)
class RdsServer(SqlServer):
    """A PostgreSQL server of RDS.

    Attributes:
        instance: of the component.
        region: where it is.
        rotated: whether RDS keeps the administrator's password and changes it.
        host: its name, which only the network resolves to an address.
        password: of its administrator, "" where RDS keeps it.
        secret_arn: of the secret in which RDS keeps it, "" where it does not.
        key_arn: what encrypts that secret.
        cidr: of the network that it is in.
        version: of PostgreSQL, the major one.
        storage_gi: that the program gave it; it may have grown by itself since.
    """

    instance: str
    region: str
    rotated: bool
    host: pulumi.Output[str]
    password: pulumi.Output[str]
    secret_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    cidr: str
    # None of a stack that was last brought up by a program that did not say so.
    version: str | None
    storage_gi: int | None

    def database(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Database:
        """Make a database and its owner by a Job in the cluster, over TLS.

        Raises:
            StackError: where RDS rotates the administrator's password, and the cluster gives its pods no identity by
                which they could read it.
        """
        # Its name is known only when it is there, and a call to it shows none.
        namespace.reach(
            f"{name}-database", parent=parent, hosts=[f"{name}.rds.internal"], port=PORT, ranges=[self.cidr]
        )
        password: pulumi.Output[str] | KeptPassword = self.password
        if self.rotated:
            password = self._kept(name, parent, namespace)
        server = Server(host=self.host, port=PORT, user=ADMIN, password=password, sslmode="require")
        return provision(name, server=server, parent=parent, namespace=namespace)

    def _kept(self, name: str, parent: Component[Any], namespace: Namespace) -> KeptPassword:
        cluster = namespace.cluster
        if not isinstance(cluster, CloudIdentity):
            raise StackError(
                [
                    f"{parent.name}: database {name}: RDS rotates its administrator's password, which only a pod with "
                    f"an identity in AWS can read, and the cluster {cluster.name} gives none: take an `eks` "
                    f"cluster, or set {self.instance}.adminPassword: fixed"
                ]
            )

        def allow(account: ServiceAccount) -> Sequence[pulumi.Resource]:
            return cluster.grant("administrator", parent=parent, account=account, statements=self._statements())

        return KeptPassword(
            image=parent.catalogue.image("aws-cli"),
            # The secret's name is in the environment: it is known only when the server is there.
            command=[
                "sh",
                "-ec",
                'exec aws secretsmanager get-secret-value --secret-id "$SECRET" --query SecretString --output text',
            ],
            environment={"AWS_REGION": self.region, "SECRET": self.secret_arn},
            allow=allow,
        )

    def _statements(self) -> list[Statement]:
        return [
            Statement(["secretsmanager:GetSecretValue"], [self.secret_arn]),
            Statement(
                ["kms:Decrypt"],
                [self.key_arn],
                # The key has other uses: only through Secrets Manager, and so only for the secret above.
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{self.region}.amazonaws.com"}},
            ),
        ]
