"""Composing: from what a stack file says to an order of components, or to everything that is wrong with it.

Pure: no engine, no cloud, no resource. So a plan, a lint and a test judge a stack as the engine's program does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from groundwork.core.bindings import Open, bindings_of, check_answered, left_open
from groundwork.core.config import Config
from groundwork.core.errors import StackError
from groundwork.core.project import Project
from groundwork.core.registry import Registry
from groundwork.core.signature import Spec
from groundwork.core.stacks import StackFile
from groundwork.core.wanted import Provider, Wanted, add_implied, check_single, read_instances


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
    read_instances(stack, registry, problems)
    return problems


def sound_part(stack: StackFile, registry: Registry) -> Composition:
    """Return what of a stack that imports none can be judged by building it, though something else is wrong with it.

    Whoever uses what is wrong, also where it could do without, is left out: it would say what is not so.
    """
    wanted = read_instances(stack, registry, [])
    if len(wanted) != len(stack.components):
        return Composition(stack, ())  # who would use what nobody knows cannot be told
    add_implied(stack, wanted, registry, ())
    local = [Provider(w.instance, w.spec.provides) for w in wanted.values() if w.spec.provides]
    open_ = Open()
    bindings = bindings_of(stack, wanted, local, open_, [])
    unsure = [w for asking in open_.missing.values() for w in asking]
    unsure += [w for asking in open_.doubtful.values() for w, _ in asking]
    out = {w.instance for w in unsure} | {w.instance for w in wanted.values() if w.config is None}
    out |= check_single(stack, wanted, {}, [])
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
    wanted = read_instances(stack, registry, problems)
    add_implied(stack, wanted, registry, imported)
    doubles = check_single(stack, wanted, elsewhere, problems)
    # Which of two is meant is no question where only one of them may stay.
    kept = [w for w in wanted.values() if w.instance not in doubles]
    local = [Provider(w.instance, w.spec.provides) for w in kept if w.spec.provides]
    open_ = Open()
    bindings = bindings_of(stack, wanted, [*local, *imported], open_, problems)
    problems += left_open(stack, open_, registry)
    check_answered(stack, wanted, bindings, registry, elsewhere, problems)
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


def _gates(w: Wanted, wanted: Iterable[Wanted], needs: Mapping[str, Provider | None]) -> tuple[str, ...]:
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
