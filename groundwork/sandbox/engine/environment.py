"""The environment in which the engine runs: made from nothing, so that nothing of the user's is touched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.processes import MARKER

# What only concerns how text is shown.
_PASSED_ON = ("TERM", "NO_COLOR", "COLUMNS", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def engine_environment(
    paths: SandboxPaths, providers: Mapping[str, int], aws_endpoint: str | None = None
) -> dict[str, str]:
    """Return the whole environment of the engine in the sandbox at `paths`.

    Args:
        paths: the sandbox.
        providers: package -> the port of its stand-in.
        aws_endpoint: the emulated AWS API, for whatever in the program might call AWS by itself.
    """
    nobodys = {
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if aws_endpoint:
        nobodys["AWS_ENDPOINT_URL"] = aws_endpoint
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        **nobodys,
        MARKER: str(paths.root),
        "PATH": f"{paths.bin}:{_SYSTEM_PATH}",
        "HOME": str(paths.root),
        "KUBECONFIG": str(paths.kubeconfig),
        "PULUMI_HOME": str(paths.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{paths.pulumi_state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(paths.passphrase_file),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        # The engine copies large properties a lot: collecting a quarter as often saves a third of its time.
        "GOGC": "400",
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{port}" for name, port in sorted(providers.items())),
        # A policy pack runs with its own folder first on sys.path; its rules lie in the project.
        "PYTHONPATH": str(paths.project),
    }


def shell_environment(engine: Mapping[str, str], users: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an interactive shell: the user's own, with the sandbox's in its place where it counts.

    The user's AWS, Kubernetes and Pulumi settings and proxies are left out: none may reach what is not the sandbox.
    """
    foreign = ("AWS_", "PULUMI_", "KUBE")
    kept = {
        name: value
        for name, value in users.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }
    path = f"{Path(engine['PATH'].partition(':')[0])}:{users.get('PATH', _SYSTEM_PATH)}"
    return {**kept, **engine, "PATH": path}
