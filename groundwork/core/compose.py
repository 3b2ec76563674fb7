"""Composing: from what a stack file says to an order of components, or to everything that is wrong with it.

Pure: no engine, no cloud, no resource. So a plan, a lint and a test judge a stack as the engine's program does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import ValidationError

from groundwork.core.config import Config, located
from groundwork.core.contract import Contract, contracts_of
from groundwork.core.errors import StackError, article, closest, listing, nearest
from groundwork.core.project import Project
from groundwork.core.registry import Registry
from groundwork.core.signature import Need, Spec
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


@dataclass(frozen=True)
class Step:
    """One instance to build.

    Attributes:
        implied: brought along by another component, not written in the stack file.
        bindings: parameter of `build` -> who provides it; None for an optional one without.
        gates: the operators of this stack without which the API server refuses what this instance makes.
        retire: nothing of it is protected any more: the stack can be brought up without it next time.
    """

    instance: str
    spec: Spec
    config: Config
    implied: bool = False
    bindings: Mapping[str, Provider | None] = field(default_factory=dict)
    gates: tuple[str, ...] = ()
    retire: bool = False


@dataclass(frozen=True)
class Composition:
    """A stack's instances in the order to build them, and what it offers to stacks that import it."""

    stack: StackFile
    steps: tuple[Step, ...]

    @property
    def offers(self) -> tuple[Provider, ...]:
        """The contracts that this stack exports."""
        return tuple(Provider(s.instance, s.spec.provides) for s in self.steps if s.spec.provides)


@dataclass
class _Wanted:
    instance: str
    spec: Spec
    raw: Mapping[str, Any]
    use: Mapping[str, str]
    config: Config | None
    implied: bool = False
    retire: bool = False


def compose(project: Project, stack: StackFile, registry: Registry) -> Composition:
    """Compose one stack, together with those it imports.

    Raises:
        StackError: every problem of this stack and of its imports at once.
    """
    imported: list[Provider] = []
    elsewhere: dict[str, str] = {}
    problems: list[str] = []
    known: dict[str, Composition] = {}
    for other in project.ordered(project.imports_of(stack)):
        try:
            known[other.name] = _compose_one(other, registry, *_seen_by(other, known))
        except StackError as error:
            problems += [f"{other.name}: {problem}" for problem in error.problems]
    imported, elsewhere = _seen_by(stack, known)
    try:
        composition = _compose_one(stack, registry, imported, elsewhere)
    except StackError as error:
        problems += error.problems
    if problems:
        raise StackError(problems)
    return composition


def settings_problems(stack: StackFile, registry: Registry) -> list[str]:
    """Return what is wrong with each component's own settings, of a stack that cannot be composed for other reasons."""
    problems: list[str] = []
    _read_instances(stack, registry, problems)
    return problems


def sound_part(stack: StackFile, registry: Registry) -> Composition:
    """Return what of a stack that imports none can be judged by building it, though something else is wrong with it.

    Whoever uses what is wrong, also where it could do without, is left out: it would say what is not so.
    """
    wanted = _read_instances(stack, registry, [])
    if len(wanted) != len(stack.components):
        return Composition(stack, ())  # who would use what nobody knows cannot be told
    _add_implied(stack, wanted, registry, ())
    local = [Provider(w.instance, w.spec.provides) for w in wanted.values() if w.spec.provides]
    open_ = _Open()
    bindings = _bindings(stack, wanted, local, open_, [])
    unsure = [w for asking in open_.missing.values() for w in asking]
    unsure += [w for asking in open_.doubtful.values() for w, _ in asking]
    out = {w.instance for w in unsure} | {w.instance for w in wanted.values() if w.config is None}
    out |= _check_single(stack, wanted, {}, [])
    gates = {w.instance: _gates(w, wanted.values(), bindings[w.instance]) for w in wanted.values()}
    steps = []
    for instance in _sort(bindings, gates, []):
        w, used = wanted[instance], {p.instance for p in bindings[instance].values() if p is not None}
        if w.config is None or instance in out or not out.isdisjoint(used):
            out.add(instance)
            continue
        kept = tuple(gate for gate in gates[instance] if gate not in out)
        steps.append(Step(instance, w.spec, w.config, w.implied, bindings[instance], kept, w.retire))
    return Composition(stack, tuple(steps))


def _seen_by(stack: StackFile, known: Mapping[str, Composition]) -> tuple[list[Provider], dict[str, str]]:
    """Return what the imports of `stack` provide, and which single components they have already."""
    providers: list[Provider] = []
    singles: dict[str, str] = {}
    for name in stack.imports:
        if name in known:
            providers += [Provider(offer.instance, offer.contract, name) for offer in known[name].offers]
            singles |= {step.spec.name: name for step in known[name].steps if step.spec.cls.single}
    return providers, singles


def _compose_one(
    stack: StackFile, registry: Registry, imported: Sequence[Provider], elsewhere: Mapping[str, str]
) -> Composition:
    problems: list[str] = []
    wanted = _read_instances(stack, registry, problems)
    _add_implied(stack, wanted, registry, imported)
    doubles = _check_single(stack, wanted, elsewhere, problems)
    # Which of two is meant is no question where only one of them may stay.
    kept = [w for w in wanted.values() if w.instance not in doubles]
    local = [Provider(w.instance, w.spec.provides) for w in kept if w.spec.provides]
    open_ = _Open()
    bindings = _bindings(stack, wanted, [*local, *imported], open_, problems)
    problems += _left_open(stack, open_, registry)
    _check_answered(stack, wanted, bindings, registry, elsewhere, problems)
    gates = {w.instance: _gates(w, wanted.values(), bindings[w.instance]) for w in wanted.values()}
    order = _sort(bindings, gates, problems)
    if problems:
        raise StackError(problems)
    steps = []
    for instance in order:
        w = wanted[instance]
        assert w.config is not None  # noqa: S101 - a configuration that failed is among the problems
        steps.append(Step(instance, w.spec, w.config, w.implied, bindings[instance], gates[instance], w.retire))
    return Composition(stack, tuple(steps))


def _read_instances(stack: StackFile, registry: Registry, problems: list[str]) -> dict[str, _Wanted]:
    wanted: dict[str, _Wanted] = {}
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
        wanted[instance] = _Wanted(instance, spec, raw, use, config, retire=retire is True)
    return wanted


def _known(name: str, registry: Registry) -> str:
    return closest(name, registry, see="`groundwork explain`")


def _add_implied(
    stack: StackFile, wanted: dict[str, _Wanted], registry: Registry, imported: Iterable[Provider]
) -> None:
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
            implied = _Wanted(spec.name, spec, {}, {}, spec.config.load({}, stack.profile), implied=True)
            wanted[spec.name] = implied
            have |= set(contracts_of(spec.provides)) if spec.provides else set()
            todo.append(implied)


def _check_single(
    stack: StackFile, wanted: Mapping[str, _Wanted], elsewhere: Mapping[str, str], problems: list[str]
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


@dataclass
class _Open:
    """Requirements that nobody answers, and those that more than one does."""

    missing: dict[type[Contract], list[_Wanted]] = field(default_factory=dict)
    doubtful: dict[tuple[Provider, ...], list[tuple[_Wanted, Need]]] = field(default_factory=dict)


def _bindings(
    stack: StackFile,
    wanted: Mapping[str, _Wanted],
    providers: Sequence[Provider],
    open_: _Open,
    problems: list[str],
) -> dict[str, dict[str, Provider | None]]:
    """Return who answers each need of each instance."""
    return {
        w.instance: {need.parameter: _bind(stack, w, need, providers, open_, problems) for need in w.spec.needs}
        for w in wanted.values()
    }


def _bind(
    stack: StackFile, w: _Wanted, need: Need, providers: Sequence[Provider], open_: _Open, problems: list[str]
) -> Provider | None:
    fitting = [p for p in providers if issubclass(p.contract, need.contract)]
    if need.parameter in w.use:
        named = w.use[need.parameter]
        chosen = [p for p in fitting if named in (p.address, p.instance)]
        if len(chosen) == 1:
            return chosen[0]
        where = stack.at(w.instance, "use", need.parameter)
        valid = closest(named, [p.address for p in fitting])
        kind = need.contract.__name__
        problems.append(f"{where}: {w.instance}.use.{need.parameter}: {named!r} provides no {kind}; {valid}")
        return None
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        open_.doubtful.setdefault(tuple(fitting), []).append((w, need))
    elif not need.optional:
        open_.missing.setdefault(need.contract, []).append(w)
    return None


def _left_open(stack: StackFile, open_: _Open, registry: Registry) -> list[str]:
    """Return a sentence for each contract, however many components ask for it."""
    problems = []
    for providers, asking in open_.doubtful.items():
        here = [p.instance for p in providers if p.stack is None and p.instance in stack.components]
        w, need = asking[0]
        where = stack.at(max(here, key=list(stack.components).index) if here else w.instance)
        names = sorted(p.address for p in providers)
        which = f"`{w.instance}: {{use: {{{need.parameter}: {names[0]}}}}}`"
        others = list(dict.fromkeys(other.instance for other, _ in asking if other is not w))
        problems.append(
            f"{where}: {listing(names, 8)} each provide {article(need.contract.__name__)} to {w.instance}"
            f"{f' and {len(others)} more' if others else ''}: remove one; or, to keep {_all_of(names)}, say which with "
            f"{which}{f', and so for {listing(others, 8)}' if others else ''}"
        )
    chosen = [str(given.get("component", key)) for key, given in stack.components.items()]
    meant = {nearest(name, registry) for name in chosen if name not in registry}
    for contract, askers in open_.missing.items():
        could = sorted(s.name for s in registry.values() if s.provides and issubclass(s.provides, contract))
        if not meant.isdisjoint(could):
            continue  # it is there, misspelt, and that is told
        # Who was brought along by another component lacks the same as that one, mostly.
        names = list(dict.fromkeys(w.instance for w in askers if not w.implied)) or [askers[0].instance]
        add = f"add {' or '.join(could)} to this stack" if could else "add a component that provides one"
        verb = "requires" if len(names) == 1 else "require"
        problems.append(
            f"{stack.at(names[0])}: {listing(names)} {verb} {article(contract.__name__)}: {add}, "
            "or import a stack that provides one"
        )
    return problems


def _all_of(names: Sequence[str]) -> str:
    return "both" if len(names) == 2 else "all"


def _check_answered(
    stack: StackFile,
    wanted: Mapping[str, _Wanted],
    bindings: Mapping[str, Mapping[str, Provider | None]],
    registry: Registry,
    elsewhere: Mapping[str, str],
    problems: list[str],
) -> None:
    """Refuse kinds that came along by themselves where nobody is there who acts on their objects.

    The API server would accept a Certificate, and its Secret would be waited for in vain. Who writes the API component
    into the stack file says that somebody else runs the product.
    """
    present = {*elsewhere, *(w.spec.name for w in wanted.values())}
    for api in (w for w in wanted.values() if w.implied and w.spec.provides is not None):
        operators = sorted(
            spec.name
            for spec in registry.values()
            if spec.cls.operates is not None and issubclass(api.spec.provides or Contract, spec.cls.operates)
        )
        if not operators or not present.isdisjoint(operators):
            continue
        asking = sorted(
            instance
            for instance, needs in bindings.items()
            if any(p is not None and p.stack is None and p.instance == api.instance for p in needs.values())
        )
        if not asking:
            continue  # who brought it along is told that it cannot tell several providers apart
        problems.append(
            f"{stack.at(asking[0])}: {' and '.join(asking)} would wait for what nobody makes: {api.instance} is only "
            f"kinds; add {' or '.join(operators)} to this stack, or import a stack that has it, or, where somebody "
            f"else runs it, write `{api.instance}: {{}}`"
        )


def _gates(w: _Wanted, wanted: Iterable[_Wanted], needs: Mapping[str, Provider | None]) -> tuple[str, ...]:
    """Return the operators that `w` comes after: what they have not admitted cannot be made while they start.

    An API component makes kinds, and no objects of others' kinds.
    """
    if w.spec.is_api:
        return ()
    used = [provider.contract for provider in needs.values() if provider is not None and provider.stack is None]
    return tuple(
        other.instance
        for other in wanted
        if (kinds := other.spec.cls.operates) is not None
        and other.instance != w.instance
        and any(issubclass(contract, kinds) for contract in used)
    )


def _sort(
    bindings: Mapping[str, Mapping[str, Provider | None]], gates: Mapping[str, Iterable[str]], problems: list[str]
) -> list[str]:
    edges = {
        instance: {*(p.instance for p in needs.values() if p is not None and p.stack is None), *gates[instance]}
        for instance, needs in bindings.items()
    }
    try:
        return list(TopologicalSorter(edges).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        problems.append(f"components need each other in a circle: {circle}")
        return []
