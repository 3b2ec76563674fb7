"""The declaration of a component, read from the signature of its `build`."""

from __future__ import annotations

import inspect
import sys
import types
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contract import Contract


@dataclass(frozen=True)
class Need:
    """One parameter of `build`: a contract, and whether the component can do without."""

    parameter: str
    contract: type[Contract]
    optional: bool


@dataclass(frozen=True)
class Spec:
    """What a component class says of itself."""

    name: str
    cls: type[Component[Any]]
    config: type[Config]
    needs: tuple[Need, ...]
    provides: type[Contract] | None

    @property
    def is_api(self) -> bool:
        """Whether this is an API component: CRDs, brought along by what needs them."""
        return issubclass(self.cls, ApiComponent)


def spec_of(name: str, cls: type[Component[Any]]) -> Spec:
    """Read the declaration of `cls`.

    Raises:
        TypeError: where a parameter or the result of `build` is no contract: a mistake of the component's author.
    """
    hints = get_type_hints(cls.build, vars(sys.modules[cls.__module__]))
    result = hints.pop("return", None)
    needs = []
    for parameter in list(inspect.signature(cls.build).parameters)[1:]:
        hint = hints.get(parameter)
        optional = get_origin(hint) in (Union, types.UnionType)
        contract = next((a for a in get_args(hint) if a is not types.NoneType), None) if optional else hint
        if not (isinstance(contract, type) and issubclass(contract, Contract)):
            raise TypeError(f"{cls.__name__}.build: the parameter {parameter} must be typed with a contract")
        needs.append(Need(parameter, contract, optional))
    provides = None if result in (None, types.NoneType) else result
    if provides is not None and not (isinstance(provides, type) and issubclass(provides, Contract)):
        raise TypeError(f"{cls.__name__}.build must return a contract or None")
    return Spec(name, cls, _config_of(cls), tuple(needs), provides)


def _config_of(cls: type[Component[Any]]) -> type[Config]:
    for base in cls.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            arguments = get_args(generic)
            if arguments and isinstance(arguments[0], type) and issubclass(arguments[0], Config):
                return arguments[0]
    raise TypeError(f"{cls.__name__} must say its configuration: class {cls.__name__}(Component[...Config])")
