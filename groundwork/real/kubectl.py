"""The user's own `kubectl`, at one cluster: whatever logs the user in there, such as `aws`, is called by it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.real.errors import RealError

Object = dict[str, Any]


@dataclass(frozen=True)
class Kubectl:
    """The CLI, with a kubeconfig.

    Attributes:
        executable: as found on the user's PATH.
        environ: its whole environment; KUBECONFIG names the cluster.
    """

    executable: str
    environ: Mapping[str, str]

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Kubectl:
        """Return the CLI that the user has (raises `RealError` where there is none)."""
        executable = shutil.which("kubectl", path=environ.get("PATH"))
        if executable is None:
            raise RealError("There is no `kubectl` on your PATH: install it, https://kubernetes.io/docs/tasks/tools/")
        return cls(executable, dict(environ))

    def custom_kinds(self) -> list[str]:
        """Return the kinds of all CustomResourceDefinitions, as `plural.group`."""
        said = self._run(["get", "customresourcedefinitions", "--output", "jsonpath={.items[*].metadata.name}"])
        return said.split()

    def list(self, kinds: Sequence[str]) -> list[Object]:
        """Return all objects of some kinds, in all namespaces."""
        said = self._run(["get", ",".join(kinds), "--all-namespaces", "--output", "json", "--ignore-not-found"])
        found: list[Object] = json.loads(said)["items"] if said.strip() else []
        return found

    def delete(self, objects: Iterable[Object]) -> None:
        """Ask for the deletion of objects; their finalizers may delay it, and what is gone already is fine."""
        items = [_reference(each) for each in objects]
        if items:
            text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
            self._run(["delete", "--filename", "-", "--wait=false", "--ignore-not-found"], text)

    def patch(self, obj: Object, patch: Mapping[str, Any]) -> None:
        """Change parts of an object by a merge patch; one that is gone meanwhile is left alone."""
        text = json.dumps(_reference(obj))
        arguments = ["patch", "--filename", "-", "--type=merge", "--patch", json.dumps(patch)]
        try:
            self._run(arguments, text)
        except RealError as error:
            if "NotFound" not in str(error) and "not found" not in str(error):
                raise

    def _run(self, arguments: Sequence[str], text: str | None = None) -> str:
        done = subprocess.run(
            [self.executable, *arguments],
            env=dict(self.environ),
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            told = done.stderr.strip().splitlines() or ["it said nothing"]
            raise RealError(f"`kubectl {arguments[0]}` failed: {told[-1]}")
        return done.stdout


def _reference(obj: Object) -> Object:
    metadata = {key: obj["metadata"][key] for key in ("name", "namespace") if key in obj["metadata"]}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata}
