"""PgBouncer's own files: https://www.pgbouncer.org/config.html."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

FOLDER = "/etc/pgbouncer"
"""Where its files are, in Airflow's image too."""


def ini(databases: Mapping[str, str], settings: Mapping[str, object]) -> str:
    """Return pgbouncer.ini.

    Args:
        databases: as clients call them -> where each is.
        settings: in addition to those that every pool here has: anybody who comes gives the password of the database.
    """
    always = {"listen_addr": "*", "auth_type": "scram-sha-256", "auth_file": f"{FOLDER}/users.txt"}
    lines = [
        "[databases]",
        *(f"{name} = {where}" for name, where in databases.items()),
        "",
        "[pgbouncer]",
        *(f"{key} = {value}" for key, value in {**always, **settings}.items()),
    ]
    return "\n".join([*lines, ""])


def users(uris: Iterable[str]) -> str:
    """Return users.txt: the databases' own users, who come in by the same password as they go on with."""
    parts = [urlsplit(uri) for uri in uris]
    return "".join(f'"{part.username}" "{unquote(part.password or "")}"\n' for part in parts)
