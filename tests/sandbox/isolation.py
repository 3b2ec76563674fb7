"""A Pulumi of a test's own: nothing of the user's is read or written."""

from __future__ import annotations

from pathlib import Path


def isolated(root: Path) -> dict[str, str]:
    """Make the folders bin, home, state and project in `root`, and return the environment of an engine there."""
    for name in ("bin", "home", "state", "project"):
        (root / name).mkdir()
    return {
        "PATH": f"{root / 'bin'}:/usr/bin:/bin",
        "HOME": str(root / "home"),
        "PULUMI_HOME": str(root / "home"),
        "PULUMI_BACKEND_URL": f"file://{root / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
