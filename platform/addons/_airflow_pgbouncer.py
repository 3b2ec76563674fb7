"""PgBouncer between Airflow and its database: https://www.pgbouncer.org/config.html.

Given the name of a Secret for the database, the chart writes a configuration for a database that is not there, so it
gets one of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from addons._charts import budget
from addons._pgbouncer import ini
from addons._pods import container_security, pod_security, resources, spread

from groundwork.core.errors import StackError

PORT = 6543
METRICS_PORT = "pgb-metrics"
# The image's user `nobody`.
_USER = 65534
_SSL_MODES = ("disable", "allow", "prefer", "require")


@dataclass(frozen=True)
class Pgbouncer:
    """What its values are made of.

    Attributes:
        config_secret: with the keys pgbouncer.ini and users.txt.
        stats_secret: with the key connection.
        pool: connections to the database, of each copy.
        clients: connections of Airflow's parts at most, to each copy.
    """

    config_secret: str
    stats_secret: str
    copies: int
    pool: int
    clients: int


def settings(uri: str, *, release: str, pool: int, clients: int) -> str:
    """Return pgbouncer.ini for the database at `uri`; how it speaks TLS to it is the database's own word.

    Raises:
        StackError: where the database wants its certificate checked: the image has no authorities to check it against.
    """
    parts = urlsplit(uri)
    mode = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    if mode not in _SSL_MODES:
        raise StackError(
            [
                f"{release}.pgbouncer: the database asks for sslmode={mode}, and PgBouncer has no certificate "
                f"authorities; valid: {', '.join(_SSL_MODES)}; or set {release}.pgbouncer.enabled: false"
            ]
        )
    database = f"host={parts.hostname} port={parts.port or 5432} dbname={parts.path.lstrip('/')} pool_size={pool}"
    return ini(
        {_name(release): database},
        {
            "pool_mode": "transaction",
            "listen_port": PORT,
            "stats_users": parts.username,
            "ignore_startup_parameters": "extra_float_digits",
            # Drivers prepare statements; without this one prepared on another connection is not found.
            "max_prepared_statements": 200,
            "max_client_conn": clients,
            "server_tls_sslmode": mode,
        },
    )


def pooled(uri: str, *, release: str, host: str) -> str:
    """Return the URI of the same database by way of PgBouncer at `host`."""
    return f"postgresql://{_user(uri)}@{host}:{PORT}/{_name(release)}?sslmode=disable"


def stats(uri: str) -> str:
    """Return where the exporter in PgBouncer's own pod reads its figures."""
    return f"postgresql://{_user(uri)}@127.0.0.1:{PORT}/pgbouncer?sslmode=disable"


def pgbouncer_values(given: Pgbouncer | None, *, release: str, visitors: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the chart's `pgbouncer`.

    Args:
        visitors: who reaches it from outside the release: `from` entries of a NetworkPolicy.
    """
    if given is None:
        return {"enabled": False}
    plain = f"{given.pool} {given.clients}"
    return {
        "enabled": True,
        "replicas": given.copies,
        "configSecretName": given.config_secret,
        "metricsExporterSidecar": {
            "statsSecretName": given.stats_secret,
            "statsSecretKey": "connection",
            "resources": resources("10m", "32Mi", "64Mi"),
            "securityContexts": {"container": container_security()},
        },
        # The chart restarts it only for a configuration of its own making.
        "podAnnotations": {"groundwork.example/settings": hashlib.sha256(plain.encode()).hexdigest()[:16]},
        "resources": resources("50m", "64Mi", "128Mi"),
        "securityContexts": {"pod": pod_security(_USER), "container": container_security(read_only=False)},
        "serviceAccount": {"automountServiceAccountToken": False},
        "podDisruptionBudget": {"enabled": given.copies > 1, "config": budget(given.copies) or {"maxUnavailable": 1}},
        "topologySpreadConstraints": spread({"component": "pgbouncer", "release": release}),
        "extraNetworkPolicies": visitors,
    }


def _name(release: str) -> str:
    return f"{release}-metadata"


def _user(uri: str) -> str:
    """Return `user:password` of a URI, quoted as it is there."""
    return urlsplit(uri).netloc.rpartition("@")[0]
