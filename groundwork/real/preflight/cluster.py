"""Whether EKS has the versions, and whether the API server can be reached from here."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from groundwork.real.aws import code_of
from groundwork.real.preflight.answers import Answer, care, good, stop
from groundwork.real.preflight.needs import Needs

if TYPE_CHECKING:
    import boto3

Reach = Callable[[str, int], bool]
"""Whether a port of a host answers from here."""

_SECONDS = 5.0
_HTTPS = 443


def reachable(host: str, port: int) -> bool:
    """Tell whether a connection to a port of a host can be made from here, within five seconds."""
    try:
        with socket.create_connection((host, port), timeout=_SECONDS):
            return True
    except OSError:
        return False


def versions(session: boto3.Session, needs: Needs) -> Iterator[Answer]:
    """Ask for the cluster's version, for the step that an existing cluster would make, and for the add-ons."""
    eks: Any = session.client("eks")
    for name, given in needs.clusters.items():
        wanted = given["version"]
        known = {each["clusterVersion"]: each for each in eks.describe_cluster_versions()["clusterVersions"]}
        subject = f"Kubernetes {wanted} of {name}"
        if wanted not in known:
            yield stop(subject, "is no version that EKS offers here", f"set eks.version: one of {', '.join(known)}")
            continue
        status = str(known[wanted].get("versionStatus", known[wanted].get("status", ""))).upper()
        if status == "EXTENDED_SUPPORT":
            yield care(subject, "is in extended support, which costs six times as much", "upgrade")
        else:
            yield good(subject, "is supported")
        yield from _step(eks, name, wanted)
        yield from _addons(eks, wanted, needs.addons)


def _step(eks: Any, name: str, wanted: str) -> Iterator[Answer]:
    present = _cluster(eks, name)
    if present is None:
        return
    now = str(present["version"])
    step = int(wanted.partition(".")[2]) - int(now.partition(".")[2])
    subject = f"{name} from {now} to {wanted}"
    if step < 0:
        yield stop(subject, "EKS never goes back", f'set eks.version: "{now}"')
    elif step > 1:
        following = f"1.{int(now.partition('.')[2]) + 1}"
        yield stop(subject, "EKS goes one minor version at a time", f'set eks.version: "{following}" first')


def _addons(eks: Any, version: str, addons: dict[str, str]) -> Iterator[Answer]:
    for addon, wanted in sorted(addons.items()):
        listed = eks.describe_addon_versions(addonName=addon, kubernetesVersion=version)["addons"]
        there = [each["addonVersion"] for found in listed for each in found["addonVersions"]]
        if wanted in there:
            yield good(f"add-on {addon}", f"{wanted} is there")
        else:
            newest = f"in platform/catalogue.yaml take {there[0]}" if there else "leave it out"
            yield stop(f"add-on {addon}", f"{wanted} is not there for Kubernetes {version}", newest)


def access(session: boto3.Session, needs: Needs, reach: Reach) -> Iterator[Answer]:
    """Try the API server, or tell from where it will be reached."""
    eks: Any = session.client("eks")
    for name, given in needs.clusters.items():
        present = _cluster(eks, name)
        subject = f"API server of {name}"
        network, tunnel = given.get("vpcConfig", {}), needs.tunnels.get(name)
        inside = (
            "run this, and every up, from inside the network, or set eks.access: tunnel, or allowList with yourself in "
            "publicAccessCidrs"
        )
        begin = f"let your tunnel to it begin at port {tunnel} of this machine, or set eks.tunnelPort to where it does"
        if present is None:
            if network.get("endpointPublicAccess"):
                yield good(subject, f"will answer {', '.join(network.get('publicAccessCidrs') or ())}")
            elif tunnel is not None:
                yield care(subject, f"will answer through a tunnel from localhost:{tunnel}", begin)
            else:
                yield care(subject, "will answer inside its network only", inside)
            continue
        host, port = ("localhost", tunnel) if tunnel is not None else (_host(present), _HTTPS)
        if reach(host, port):
            yield good(subject, "answers" if tunnel is None else f"answers through the tunnel from {host}:{port}")
        elif tunnel is not None:
            yield stop(subject, f"does not answer through the tunnel: nothing is at {host}:{port}", begin)
        else:
            yield stop(subject, f"does not answer from here ({host})", inside)


def _host(cluster: dict[str, Any]) -> str:
    return urlsplit(cluster["endpoint"]).hostname or ""


def _cluster(eks: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = eks.describe_cluster(name=name)["cluster"]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise
    return found
