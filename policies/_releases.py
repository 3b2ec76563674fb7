"""Releases of charts."""

from __future__ import annotations

from groundwork.policy.subject import Subject

RELEASE = "kubernetes:helm.sh/v3:Release"


def chart_of(release: Subject) -> str:
    """Return the name of a release's chart, which may lie in a mirror as an archive, named by its version too."""
    version = release.props.get("version")
    return str(release.props.get("chart") or "").rpartition("/")[2].removesuffix(f"-{version}.tgz")
