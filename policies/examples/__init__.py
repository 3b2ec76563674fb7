"""An example of each rule, by subject: tests judge them, and `docs/policies.md` shows them."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from groundwork.policy.example import Example


@cache
def load_examples() -> tuple[Example, ...]:
    """Return every rule's examples, by module."""
    modules = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found = [importlib.import_module(f"{__name__}.{name}").EXAMPLES for name in modules]
    return tuple(example for examples in found for example in examples)
