"""One way to install a third-party chart: a Helm release at the catalogue's version."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.catalogue import Chart
from groundwork.core.component import Component
from groundwork.core.contracts.cluster import Namespace, ServiceAccount
from groundwork.core.errors import StackError
from groundwork.core.mirror import archive_name, fault, read_lock

MIRROR = "GROUNDWORK_MIRROR"
"""Names a folder of chart archives, `<chart>-<version>.tgz`, or a registry, `oci://host/path`: with one set, charts
come from there."""

SANDBOX = "GROUNDWORK_SANDBOX"
"""Set by the sandbox, whose stand-in looks up every chart itself."""


def registry() -> str | None:
    """Return the registry of charts that the environment names, None where it names none or a folder."""
    given = os.environ.get(MIRROR, "")
    return given.rstrip("/") if given.startswith("oci://") else None


def mirror() -> Path | None:
    """Return the folder of charts that the environment names, None where it names none or a registry.

    Raises:
        StackError: it is no folder, or not an absolute path: the engine runs programs elsewhere.
    """
    given = os.environ.get(MIRROR)
    if not given or registry():
        return None
    folder = Path(given).expanduser()
    if not folder.is_absolute():
        raise StackError([f"{MIRROR} has to be an absolute path (got {given!r}): write {folder.absolute()}"])
    if not folder.is_dir():
        fill = f"run `groundwork mirror --to {given}`, or unset {MIRROR}"
        raise StackError([f"{MIRROR} names {given}, which is no folder: {fill}"])
    return folder


def release(
    name: str,
    *,
    parent: Component[Any],
    chart: str,
    namespace: Namespace,
    values: Mapping[str, Any],
    accounts: Mapping[str, ServiceAccount] | None = None,
    after: Sequence[pulumi.Resource] = (),
    timeout_seconds: int = 600,
) -> k8s.helm.v3.Release:
    """Install a chart of the catalogue, without its CRDs, and wait until all of it is ready.

    Args:
        name: of the Helm release: deterministic, since other objects name what the chart makes.
        chart: its key in `platform/catalogue.yaml`.
        values: plain data; what is secret reaches the chart through a Secret that it names. None takes a default of the
            chart away, as `null` does in Helm: the provider passes it on since its release 4.30.
        accounts: service accounts that the chart makes and that were granted something, by the path of the value whose
            key `annotations` the chart puts on them: "rbac.serviceAccount".
        after: what has to be there first: databases, buckets, Secrets.

    Where the catalogue has no such chart, or has it past its end, where upstream ships none and no mirror has one, or
    the mirror's archive is missing or not the one that was put there, the component refuses, and goes on.
    """
    version = None
    reference: str = chart
    repository: str | None = None
    try:
        entry = parent.catalogue.chart(chart)
        version = entry.version
        reference, repository = _locate(chart, entry)
    except StackError as error:
        parent.refuse(error.problems)
    return k8s.helm.v3.Release(
        f"{parent.name}-{name}" if name != parent.name else name,
        name=name,
        chart=reference,
        version=version,
        repository_opts={"repo": repository} if repository else None,
        namespace=namespace.name,
        create_namespace=False,
        skip_crds=True,
        values=annotated(values, accounts or {}),
        timeout=timeout_seconds,
        # A failed first install is removed, a failed upgrade rolled back: nothing stays half done.
        atomic=True,
        wait_for_jobs=True,
        opts=namespace.options(parent, depends_on=after),
    )


def annotated(values: Mapping[str, Any], accounts: Mapping[str, ServiceAccount]) -> dict[str, Any]:
    """Return values with what the service accounts have to say, where they have to say anything."""
    result = dict(values)
    for path, account in accounts.items():
        if not account.annotations:
            continue
        node = result
        for step in path.split("."):
            node[step] = dict(node.get(step) or {})
            node = node[step]
        node["annotations"] = {**(node.get("annotations") or {}), **account.annotations}
    return result


def _locate(key: str, entry: Chart) -> tuple[str, str | None]:
    """Return what Helm is asked for: a chart, and the repository to look it up in."""
    if address := registry():
        return f"{address}/{entry.chart}", None
    folder = mirror()
    if folder is not None:
        archive = folder / archive_name(entry)
        if not archive.is_file():
            others = sorted(file.name for file in folder.glob(f"{entry.chart}-[0-9v]*.tgz"))
            instead = f", but {', '.join(others)}" if others else ""
            remedy = f"run `groundwork mirror --to {folder} --only {key}`, or unset {MIRROR}"
            raise StackError([f"the mirror {folder} has no {archive.name} ({key}){instead}; {remedy}"])
        if problem := fault(folder, key, entry, read_lock(folder)):
            raise StackError([problem])
        return str(archive), None
    if entry.repository is None and SANDBOX in os.environ:
        return entry.chart, None
    if entry.repository is None:
        raise StackError(
            [
                f"{key}: upstream ships no chart, only {entry.source}: run `groundwork mirror --to DIR`, which builds "
                f"{archive_name(entry)} of it, and name DIR in {MIRROR}"
            ]
        )
    # An oci:// repository is part of the chart's own reference; Helm looks up only http repositories by name.
    if entry.repository.startswith("oci://"):
        return f"{entry.repository}/{entry.chart}", None
    return entry.chart, entry.repository
