"""Airflow's Secrets: what is made once, and how its parts reach the database and the broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons import _airflow_pgbouncer as pgbouncer
from addons._airflow_config import PgbouncerConfig
from addons._pgbouncer import users

from groundwork.core.component import Component
from groundwork.core.contracts import Database, Namespace, Queue


@dataclass(frozen=True)
class Secrets:
    """The Secrets of one Airflow, all in its namespace and with its name before theirs."""

    parent: Component[Any]
    namespace: Namespace

    def keys(self) -> pulumi.Resource:
        """Make the keys that are made once: what is encrypted with them needs them for ever."""
        # 43 characters of base64's alphabet and a padding are the 32 bytes that Fernet wants.
        return self._secret(
            "keys",
            {
                "fernet-key": self._made_once("fernet-key", 43).apply(lambda text: f"{text}="),
                "jwt-secret": self._made_once("jwt-secret", 64),
                "api-secret-key": self._made_once("api-secret-key", 64),
            },
        )

    def admin(self) -> pulumi.Resource:
        """Make the first administrator's password."""
        email = pulumi.Output.secret(f"admin@{self.parent.name}.internal")
        # No data is lost with it, and it has to go where people log in otherwise.
        password = self._made_once("admin", 32, self.parent.child())
        return self._secret("admin", {"email": email, "password": password})

    def connection(self, database: Database) -> pulumi.Resource:
        """Make the way to the database itself."""
        return self._secret("connection", {"connection": database.uri})

    def broker(self, queue: Queue) -> pulumi.Resource:
        """Make the way to the broker, in the chart's form."""
        return self._secret("broker", {"connection": queue.url})

    def pool(self, database: Database, config: PgbouncerConfig) -> list[pulumi.Resource]:
        """Make PgBouncer's configuration, the way to its figures, and the way through it to the database."""
        name = self.parent.name
        host = self.namespace.host(f"{name}-pgbouncer")

        def of(function: Any, **arguments: Any) -> pulumi.Output[str]:
            return database.uri.apply(lambda uri: str(function(uri, **arguments)))

        settings = of(pgbouncer.settings, release=name, pool=config.pool, clients=config.clients)
        return [
            self._secret(
                "pgbouncer", {"pgbouncer.ini": settings, "users.txt": database.uri.apply(lambda uri: users([uri]))}
            ),
            self._secret("pgbouncer-stats", {"connection": of(pgbouncer.stats)}),
            self._secret("pool", {"connection": of(pgbouncer.pooled, release=name, host=host)}),
        ]

    def _made_once(self, name: str, length: int, options: pulumi.ResourceOptions | None = None) -> pulumi.Output[str]:
        opts = options or self.parent.stateful()
        made = random.RandomPassword(f"{self.parent.name}-{name}", length=length, special=False, opts=opts)
        return made.result

    def _secret(self, name: str, content: dict[str, pulumi.Output[str]]) -> pulumi.Resource:
        full = f"{self.parent.name}-{name}"
        made: pulumi.Resource = k8s.core.v1.Secret(
            full,
            metadata={"name": full, "namespace": self.namespace.name},
            string_data=content,
            opts=self.namespace.options(),
        )
        return made
