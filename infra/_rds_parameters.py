"""What a PostgreSQL server of RDS is told, and why."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_aws as aws

FIXED = {
    # Who comes without TLS is refused.
    "rds.force_ssl": "1",
}
"""What no stack can change."""

DEFAULTS = {
    # Which statements cost most, whoever sends them; also what Performance Insights counts.
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "all",
    # Else nobody knows whether a slow statement waited for the disk.
    "track_io_timing": "1",
    # Who changed a table or a role, and when; owners' passwords are given as verifiers, so none is in the log.
    "log_statement": "ddl",
    # In milliseconds.
    "log_min_duration_statement": "1000",
    # A statement that waits a second for another one's lock.
    "log_lock_waits": "1",
    # In KiB: sorting that did not fit its memory, and wrote files instead.
    "log_temp_files": "65536",
    # In milliseconds: a vacuum that takes longer tells what it did. RDS hides them without the second.
    "log_autovacuum_min_duration": "10000",
    "rds.force_autovacuum_logging_level": "log",
    # Tables of runs, tasks and metrics grow to millions of rows: at PostgreSQL's tenth and fifth of a table they are
    # vacuumed and analysed too late.
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    # In milliseconds: a transaction that a dead client left open keeps every table from being vacuumed.
    "idle_in_transaction_session_timeout": "3600000",
}
"""What a stack can change: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html"""

# Those of the above that a server reads only when it starts.
_STATIC = {"shared_preload_libraries"}


def parameters(chosen: Mapping[str, str]) -> list[aws.rds.ParameterGroupParameterArgsDict]:
    """Return the group's parameters, in a fixed order.

    Args:
        chosen: by the stack. Which of them need a restart, only AWS knows: those that are not among the defaults wait
            for the next one, as AWS accepts it for every parameter.
    """
    at_once = {*FIXED, *DEFAULTS} - _STATIC
    return [
        {"name": name, "value": value, "apply_method": "immediate" if name in at_once else "pending-reboot"}
        for name, value in sorted({**DEFAULTS, **chosen, **FIXED}.items())
    ]
