"""What a stack file asks for: its components with their settings, and those that come along by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from groundwork.core.config import Config, located
from groundwork.core.contract import Contract, contracts_of
from groundwork.core.errors import closest
from groundwork.core.registry import Registry
from groundwork.core.signature import Spec
from groundwork.core.stacks import StackFile
from groundwork.core.wording import shown

_RESERVED = ("component", "use", "retire")


@dataclass(frozen=True)
class Provider:
    """Who provides a contract: an instance of this stack, or of an imported one."""

    instance: str
    contract: type[Contract]
    stack: str | None = None

    @property
    def address(self) -> str:
        """How `use:` names it: `rds`, or `prod-foundation/rds` for another stack's."""
        return f"{self.stack}/{self.instance}" if self.stack else self.instance


@dataclass
class Wanted:
    """One instance that is asked for.

    Attributes:
        raw: what is written under it, but for what every component has.
        use: parameter of `build` -> whom it shall be bound to, where the file says so.
        config: None where what is written is wrong.
        implied: brought along by another component, not written in the stack file.
        retire: whether the file says that it shall go.
    """

    instance: str
    spec: Spec
    raw: Mapping[str, Any]
    use: Mapping[str, str]
    config: Config | None
    implied: bool = False
    retire: bool = False


def read_instances(stack: StackFile, registry: Registry, problems: list[str]) -> dict[str, Wanted]:
    """Return what the stack file asks for, by key; what is wrong with it is added to `problems`."""
    wanted: dict[str, Wanted] = {}
    for instance, given in stack.components.items():
        name = given.get("component", instance)
        if not isinstance(name, str):
            where = stack.at(instance, "component")
            problems.append(f"{where}: {instance}.component must be the name of one (got {shown(name)})")
            continue
        if name not in registry:
            problems.append(f"{stack.at(instance)}: {instance}: no component {name!r}; {_known(name, registry)}")
            continue
        spec = registry[name]
        raw = {key: value for key, value in given.items() if key not in _RESERVED}
        config: Config | None = None
        try:
            config = spec.config.load(raw, stack.profile)
        except ValidationError as error:
            see = f"`groundwork explain {name}`"
            problems += [
                f"{stack.at(instance, *loc)}: {line}" for loc, line in located(error, instance, spec.config, see=see)
            ]
        use = given.get("use", {})
        parameters = [need.parameter for need in spec.needs]
        if not isinstance(use, dict) or not all(isinstance(v, str) for v in use.values()):
            problems.append(f"{stack.at(instance, 'use')}: {instance}.use must be a map of names (got {shown(use)})")
            use = {}
        for parameter in use:
            if parameter not in parameters:
                where = stack.at(instance, "use", parameter)
                problems.append(
                    f"{where}: {instance}.use: no requirement {parameter!r}; {closest(parameter, parameters)}"
                )
        retire = given.get("retire", False)
        if not isinstance(retire, bool):
            where = stack.at(instance, "retire")
            problems.append(f"{where}: {instance}.retire must be true or false (got {shown(retire)})")
        wanted[instance] = Wanted(instance, spec, raw, use, config, retire=retire is True)
    return wanted


def _known(name: str, registry: Registry) -> str:
    return closest(name, registry, see="`groundwork explain`")


def add_implied(stack: StackFile, wanted: dict[str, Wanted], registry: Registry, imported: Iterable[Provider]) -> None:
    """Bring along the API components that chosen components require and nobody provides."""
    have = {base for p in imported for base in contracts_of(p.contract)}
    have |= {base for w in wanted.values() if w.spec.provides for base in contracts_of(w.spec.provides)}
    todo = list(wanted.values())
    while todo:
        for need in todo.pop().spec.needs:
            if need.optional or need.contract in have:
                continue
            candidates = [
                s for s in registry.values() if s.is_api and s.provides and issubclass(s.provides, need.contract)
            ]
            if len(candidates) != 1 or candidates[0].name in wanted:
                continue
            spec = candidates[0]
            implied = Wanted(spec.name, spec, {}, {}, spec.config.load({}, stack.profile), implied=True)
            wanted[spec.name] = implied
            have |= set(contracts_of(spec.provides)) if spec.provides else set()
            todo.append(implied)


def check_single(
    stack: StackFile, wanted: Mapping[str, Wanted], elsewhere: Mapping[str, str], problems: list[str]
) -> set[str]:
    """Return the instances that are one too many."""
    first: dict[str, str] = {}
    doubles: set[str] = set()
    for w in wanted.values():
        if not w.spec.cls.single:
            continue
        if w.spec.name in first:
            doubles.add(w.instance)
            where = stack.at(w.instance)
            problems.append(
                f"{where}: {first[w.spec.name]} and {w.instance} are both {w.spec.name}: "
                "a cluster can have one; keep one"
            )
        elif w.spec.name in elsewhere:
            doubles.add(w.instance)
            problems.append(
                f"{stack.at(w.instance)}: {w.instance}: the imported stack {elsewhere[w.spec.name]} has {w.spec.name} "
                "already, and a cluster can have one; keep one"
            )
        first.setdefault(w.spec.name, w.instance)
    return doubles
