"""Values of Fluent Bit: https://github.com/fluent/helm-charts/tree/fluent-bit-0.58.1/charts/fluent-bit."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from addons._pods import resources
from addons._tenants import TEAM

# What was read and not sent yet, and how far each file was read: it outlives the pod.
_STATE = "/var/lib/fluent-bit"

_SERVICE = f"""\
[SERVICE]
    Daemon Off
    Flush 2
    Log_Level info
    Parsers_File /fluent-bit/etc/parsers.conf
    HTTP_Server On
    HTTP_Listen 0.0.0.0
    HTTP_Port 2020
    Health_Check On
    storage.path {_STATE}/buffer
    storage.max_chunks_up 64
"""

_INPUTS = f"""\
[INPUT]
    Name tail
    Path /var/log/containers/*.log
    Tag kube.*
    multiline.parser cri
    DB {_STATE}/tail.db
    Mem_Buf_Limit 32MB
    Skip_Long_Lines On
    storage.type filesystem
"""

# A pod must not be able to hide from the log by an annotation of its own.
_FILTERS = """\
[FILTER]
    Name kubernetes
    Match kube.*
    Merge_Log On
    Keep_Log Off
    Annotations Off
    Namespace_Labels On
    K8S-Logging.Parser Off
    K8S-Logging.Exclude Off
"""

# Few values each, since every combination is a stream of its own: what has many is kept beside the line.
_LABELS = (
    "job=fluent-bit, namespace=$kubernetes['namespace_name'], container=$kubernetes['container_name'], "
    f"team=$kubernetes_namespace['labels']['{TEAM}']"
)
_BESIDE = "pod=$kubernetes['pod_name'], node=$kubernetes['host']"


def outputs(url: str) -> str:
    """Return where lines go: to a store that speaks Loki's API at `url`."""
    address = urlsplit(url)
    return f"""\
[OUTPUT]
    Name loki
    Match kube.*
    Host {address.hostname}
    Port {address.port}
    Labels {_LABELS}
    structured_metadata {_BESIDE}
    remove_keys kubernetes, kubernetes_namespace, stream, _p, time
    line_format json
    drop_single_key on
    Retry_Limit no_limits
    storage.total_limit_size 1G
"""


def values(*, url: str, priority: str) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        url: of the store.
        priority: name of a priority class, "" for none.
    """
    return {
        "priorityClassName": priority,
        "kind": "DaemonSet",
        # Of every node, whatever keeps other pods away from it: GPUs too.
        "tolerations": [{"operator": "Exists"}],
        "resources": resources("50m", "128Mi", "256Mi"),
        # The files are root's own. It needs no more than to be their owner.
        "securityContext": {
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "config": {
            "service": _SERVICE,
            "inputs": _INPUTS,
            "filters": _FILTERS,
            "outputs": outputs(url),
            "customParsers": "",
        },
        "daemonSetVolumes": [
            {"name": "varlog", "hostPath": {"path": "/var/log"}},
            {"name": "state", "hostPath": {"path": _STATE, "type": "DirectoryOrCreate"}},
        ],
        "daemonSetVolumeMounts": [
            {"name": "varlog", "mountPath": "/var/log", "readOnly": True},
            {"name": "state", "mountPath": _STATE},
        ],
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "20%"}},
        # Its test runs an image without a version.
        "testFramework": {"enabled": False},
    }
