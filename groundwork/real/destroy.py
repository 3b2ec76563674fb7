"""`pulumi destroy` of an environment's stacks that ends by itself: looked at first, drained, in reverse order."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundwork.core.project import load_project
from groundwork.real import contents
from groundwork.real import drain as draining
from groundwork.real.drain import Drain
from groundwork.real.engine import Pulumi, ended, resources_of
from groundwork.real.errors import RealError
from groundwork.real.kubectl import Kubectl
from groundwork.sandbox.processes import MARKER
from groundwork.sandbox.urns import name_of, short_type, type_of

_CLUSTER = "aws:eks/cluster:Cluster"
_DEFINITION = ":CustomResourceDefinition"
_STACK = "pulumi:pulumi:Stack"

Resource = Mapping[str, Any]


@dataclass
class Outlook:
    """What a destroy would do.

    Attributes:
        environment: its name.
        stacks: stack -> number of resources, in the order of the destroy, without those that were never brought up.
        protected: (stack, component) -> what of it is protected, by type and name.
        full: a sentence for each store that AWS does not delete, since something is in it.
        empty: the stores are deleted with what is in them.
        drain: what goes before; None where no cluster of the environment runs.
        cluster: whose kubeconfig to use: stack and output, None where no cluster of the environment runs.
    """

    environment: str
    stacks: dict[str, int] = field(default_factory=dict)
    protected: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    full: list[str] = field(default_factory=list)
    empty: bool = False
    drain: Drain | None = None
    cluster: tuple[str, str] | None = None

    @property
    def refusal(self) -> str:
        """Why it would not begin, empty where it would."""
        if self.full and not self.protected and not self.empty:
            return "\n".join(
                [
                    f"AWS deletes nothing of {self.environment} that has something in it:",
                    *(f"- {sentence}" for sentence in self.full),
                    f"`groundwork destroy {self.environment} --empty` deletes them with what is in them, old versions "
                    "too. Nothing was changed.",
                ]
            )
        if not self.protected:
            return ""
        lines = [
            f"- {stack}: {component}: {', '.join(sorted(names))}"
            for (stack, component), names in self.protected.items()
        ]
        return "\n".join(
            [
                f"{self.environment} protects what would be lost:",
                *lines,
                "Write `retire: true` into each of these components and run `groundwork up "
                f"{self.environment}` once, which lifts AWS' own deletion protection too; then destroy it. "
                "Nothing was changed.",
            ]
        )


def look(
    root: Path,
    name: str,
    environ: Mapping[str, str] = os.environ,
    *,
    drain: bool = True,
    empty: bool = False,
    ask: contents.Ask = contents.filled,
) -> Outlook:
    """Return what a destroy of an environment would do; nothing is changed.

    Args:
        drain: look into the cluster too.
        empty: delete stores with what is in them.
        ask: in which stores something is.

    Raises:
        StackError: the stack files are wrong, or have no such environment.
        RealError: there is no `pulumi` or `kubectl`, or one of them failed.
    """
    project = load_project(root)
    stacks = project.whole(name, "destroy")
    engine = Pulumi.find(project.root, environ)
    there = {stack["name"].rpartition("/")[2] for stack in json.loads(engine.read("stack", "ls", "--json"))}
    outlook, known = Outlook(name, empty=empty), set[draining.Key]()
    stores: list[contents.Held] = []
    for stack in reversed(stacks):
        if stack.name not in there:
            continue
        resources = resources_of(engine.exported(stack.name))
        instances = _instances(resources)
        outlook.stacks[stack.name] = sum(resource["type"] != _STACK for resource in resources)
        known |= draining.keys_of(resources)
        for resource in resources:
            stores.append(contents.Held(resource["type"], name_of(resource["urn"]), resource.get("inputs") or {}))
            # The definitions of a cluster's kinds hold nothing themselves.
            if resource.get("protect") and not resource["type"].endswith(_DEFINITION):
                told = f"{short_type(resource['type'])} {name_of(resource['urn'])}"
                outlook.protected.setdefault((stack.name, instances[resource["urn"]]), []).append(told)
            if resource["type"] == _CLUSTER:
                outlook.cluster = (stack.name, f"{instances[resource['urn']]}.kubeconfig")
    if not outlook.protected:
        outlook.full = ask(name, stacks, stores)
    if drain and outlook.cluster and not outlook.refusal:
        keep = any(stack.profile.protect for stack in stacks)
        with _kubectl(engine, outlook.cluster) as cluster:
            try:
                outlook.drain = draining.look(cluster, frozenset(known), keep_volumes=keep)
            except RealError as error:
                raise RealError(
                    f"{error}\nWhat the cluster of {name} holds is not seen, and a destroy may hang on it. Run this "
                    "where its API server can be reached, such as inside of its network; or leave the drain out with "
                    f"--no-drain, and look for what is left with `groundwork sweep {name}`. Nothing was changed."
                ) from None
    return outlook


def destroy(
    root: Path,
    outlook: Outlook,
    flags: Sequence[str],
    tell: Callable[[str], None],
    environ: Mapping[str, str] = os.environ,
    *,
    timeout: float,
    force: bool = False,
) -> None:
    """Drain the cluster, then run `pulumi destroy` for each stack, those first that import others.

    Args:
        outlook: what was looked at before, and agreed to.
        flags: passed on to `pulumi destroy`.
        timeout: seconds for each stage of the drain.
        force: take the finalizers from what a drain leaves.

    Raises:
        RealError: something is protected, does not go, or a stack failed: what comes after it was not begun.
    """
    if outlook.refusal:
        raise RealError(outlook.refusal)
    engine = Pulumi.find(root, environ)
    if outlook.drain is not None and outlook.cluster is not None:
        with _kubectl(engine, outlook.cluster) as cluster:
            result = draining.drain(cluster, outlook.drain, timeout=timeout, force=force, tell=tell)
        for obj in result.forced:
            tell(f"lost its finalizers: {draining.described(obj)}")
        if result.left:
            names = "\n".join(f"- {draining.described(obj)}" for obj in result.left)
            raise RealError(
                f"Still there after {timeout:.0f} s, so a destroy would not end:\n{names}\nSee why its controller does "
                "not let go, and repeat; --force takes the finalizers away, and leaves what they stood for, which "
                f"`groundwork sweep {outlook.environment}` finds. No stack was begun."
            )
    for number, stack in enumerate(outlook.stacks, 1):
        _prepare(engine, stack, empty=outlook.empty)
        tell(f"pulumi destroy of {stack} ({number} of {len(outlook.stacks)})")
        code = engine.show("destroy", "--stack", stack, *flags)
        if code != 0:
            raise RealError(ended("destroy", outlook.environment, stack, code, list(outlook.stacks)[number:]))


def _instances(resources: Sequence[Resource]) -> dict[str, str]:
    """Return the component that each resource is of, by URN: the topmost one below the stack."""
    found: dict[str, str] = {}
    # The engine writes parents before their children.
    for resource in resources:
        urn, parent = str(resource["urn"]), str(resource.get("parent") or "")
        found[urn] = found[parent] if parent and type_of(parent) != _STACK else name_of(urn)
    return found


def _prepare(engine: Pulumi, stack: str, *, empty: bool) -> None:
    """Let the engine forget the definitions of kinds: they go with the cluster, or stay in one that is not ours.

    Args:
        empty: have the provider empty each store when it comes to it, when nothing writes there any more.
    """
    exported = engine.exported(stack)
    changed = False
    for resource in resources_of(exported):
        kind = contents.KINDS.get(resource["type"])
        if resource["type"].endswith(_DEFINITION) and resource.pop("protect", None):
            changed = True
        elif empty and kind is not None and not resource.get("retainOnDelete"):
            # The provider goes by what the state says.
            for part in ("inputs", "outputs"):
                resource.setdefault(part, {})[kind.force] = True
            changed = True
    if changed:
        engine.restore(stack, exported)


@contextmanager
def _kubectl(engine: Pulumi, where: tuple[str, str]) -> Iterator[Kubectl]:
    stack, output = where
    text = json.loads(engine.read("stack", "output", output, "--json", "--show-secrets", "--stack", stack))
    # In the sandbox's shell, the emulated AWS gives tokens that its API server does not know.
    if not text or MARKER in engine.environ:
        yield Kubectl.find(engine.environ)
        return
    # A folder of its own, which only its owner can look into.
    with tempfile.TemporaryDirectory(prefix="groundwork-") as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        kubeconfig.write_text(text, encoding="utf-8")
        kubeconfig.chmod(0o600)
        yield Kubectl.find({**engine.environ, "KUBECONFIG": str(kubeconfig)})
