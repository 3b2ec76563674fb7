"""Who answers each need: the binding of what components require to what others provide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundwork.core.contract import Contract
from groundwork.core.errors import article, closest, listing, nearest
from groundwork.core.registry import Registry
from groundwork.core.signature import Need
from groundwork.core.stacks import StackFile
from groundwork.core.wanted import Provider, Wanted


@dataclass
class Open:
    """Requirements that nobody answers, and those that more than one does."""

    missing: dict[type[Contract], list[Wanted]] = field(default_factory=dict)
    doubtful: dict[tuple[Provider, ...], list[tuple[Wanted, Need]]] = field(default_factory=dict)


def bindings_of(
    stack: StackFile,
    wanted: Mapping[str, Wanted],
    providers: Sequence[Provider],
    open_: Open,
    problems: list[str],
) -> dict[str, dict[str, Provider | None]]:
    """Return who answers each need of each instance."""
    return {
        w.instance: {need.parameter: _bind(stack, w, need, providers, open_, problems) for need in w.spec.needs}
        for w in wanted.values()
    }


def _bind(
    stack: StackFile, w: Wanted, need: Need, providers: Sequence[Provider], open_: Open, problems: list[str]
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


def left_open(stack: StackFile, open_: Open, registry: Registry) -> list[str]:
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


def check_answered(
    stack: StackFile,
    wanted: Mapping[str, Wanted],
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
