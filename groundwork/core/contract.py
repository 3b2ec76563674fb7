"""Contracts: what one component offers another, in one stack or across stacks."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self, get_args, get_origin, get_type_hints

import pulumi


class Source(Protocol):
    """Where an imported contract's fields come from: another stack's outputs."""

    def plain(self, key: str, *, optional: bool) -> Any:
        """Return a value that is known now; None only for an optional one."""

    def output(self, key: str) -> pulumi.Output[Any]:
        """Return a value that may be secret, or known only later."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Base of every contract: a frozen dataclass whose fields cross stacks, with the methods its users need.

    A field typed `pulumi.Output[...]` may be opaque or secret. Every other field is plain data: it is known when
    the program runs, in the importing stack too, so that names and shapes can be planned with.
    """

    @classmethod
    def opaque_fields(cls) -> set[str]:
        """Return the names of the fields that are Outputs."""
        return {name for name, hint in get_type_hints(cls).items() if _is_output(hint)}

    def exports(self) -> dict[str, Any]:
        """Return the fields by name, one stack output each: one secret must not make its neighbours secret."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def load(cls, source: Source, prefix: str) -> Self:
        """Rebuild the contract that another stack exported under `prefix`."""
        opaque, hints = cls.opaque_fields(), get_type_hints(cls)
        values: dict[str, Any] = {}
        for f in fields(cls):
            key = f"{prefix}.{f.name}"
            if f.name in opaque:
                values[f.name] = source.output(key)
            else:
                values[f.name] = freeze(source.plain(key, optional=types.NoneType in get_args(hints[f.name])))
        return cls(**values)


def contracts_of(cls: type[Contract]) -> list[type[Contract]]:
    """Return every contract that `cls` fulfils: itself and its bases, most special first."""
    return [base for base in cls.__mro__ if issubclass(base, Contract) and base is not Contract]


def freeze(value: Any) -> Any:
    """Give plain data back the form it had before the engine's JSON: lists as tuples, whole floats as integers."""
    if isinstance(value, Mapping):
        return {key: freeze(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(freeze(inner) for inner in value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_output(hint: Any) -> bool:
    return hint is pulumi.Output or get_origin(hint) is pulumi.Output
