"""The emulated AWS API: moto's server, in this process, on the loopback only."""

from __future__ import annotations

import datetime
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundwork.sandbox.standins.aws.amis import parameters
from groundwork.sandbox.standins.aws.existing import seed_network

if TYPE_CHECKING:
    from moto.server import ThreadedMotoServer

SERVICES = (
    "acm",
    "autoscaling",
    "budgets",
    "cloudwatch",
    "ec2",
    "ecr",
    "efs",
    "eks",
    "elasticache",
    "elbv2",
    "events",
    "fsx",
    "iam",
    "kms",
    "logs",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "servicequotas",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
"""What is loaded before the first request: first imports by several threads at once would meet half-made modules."""


@dataclass(frozen=True)
class Moto:
    """A running server: where it listens, and how to end it."""

    url: str
    server: ThreadedMotoServer

    def stop(self) -> None:
        """Stop the server; everything in it is gone."""
        self.server.stop()


def start_moto(account_id: str, region: str, port: int = 0, *, networks: Sequence[Mapping[str, Any]] = ()) -> Moto:
    """Start moto with nothing in it but `networks` and AWS's own: managed policies, default VPCs, image parameters.

    Its state is in memory only and ends with the process. Raises RuntimeError if moto was already imported for another
    account: it reads the account once.
    """
    wanted = {"MOTO_ACCOUNT_ID": account_id, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    if "moto.core" in sys.modules and any(os.environ.get(name) != value for name, value in wanted.items()):
        from moto.core.models import DEFAULT_ACCOUNT_ID

        if account_id != DEFAULT_ACCOUNT_ID:
            raise RuntimeError(f"moto already runs for account {DEFAULT_ACCOUNT_ID}, not {account_id}")
    os.environ.update(wanted)
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    from moto.server import ThreadedMotoServer

    _preload()
    _let_brokers_end()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    host, bound = server.get_host_and_port()
    _seed(account_id, region)
    for network in networks:
        seed_network(account_id, network)
    return Moto(f"http://{host}:{bound}", server)


def _preload() -> None:
    import importlib

    from moto.backends import get_backend

    for service in SERVICES:
        importlib.import_module(f"moto.{service}.responses")
        get_backend(service)  # type: ignore[call-overload]  # the overloads list literals; these are the same names


def _let_brokers_end() -> None:
    """Let a replication group that is deleted be gone: moto shows it as `deleting` for ever, and its name is taken."""
    from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup

    delete = ElastiCacheBackend.delete_replication_group

    def end(
        backend: ElastiCacheBackend, replication_group_id: str, retain_primary_cluster: bool | None
    ) -> ReplicationGroup:
        gone = delete(backend, replication_group_id, retain_primary_cluster)
        backend.replication_groups.pop(replication_group_id, None)
        return gone

    ElastiCacheBackend.delete_replication_group = end  # type: ignore[assignment]  # `self` is `backend`


def _seed(account_id: str, region: str) -> None:
    """Put the public image parameters into Parameter Store, which refuses the prefix /aws from outside."""
    from moto.ssm.models import Parameter, ssm_backends

    backend = ssm_backends[account_id][region]
    published = datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC)
    for name, value in parameters(region).items():
        backend._parameters[name].append(
            Parameter(  # type: ignore[abstract]  # moto makes it itself; its CloudFormation half is not typed
                account_id=account_id,
                name=name,
                value=value,
                parameter_type="String",
                description="",
                allowed_pattern=None,
                keyid=None,
                last_modified_date=published,
                version=1,
                data_type="text",
            )
        )
