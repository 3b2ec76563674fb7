"""Contracts cross stacks as the same dataclasses: plain data stays plain, secrets stay secret."""

import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest

from groundwork.core import Config
from groundwork.core.component import Component
from groundwork.core.contract import Contract, contracts_of
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry, discover
from groundwork.core.signature import spec_of
from groundwork.testing import record


class _Outputs:
    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def plain(self, key: str, *, optional: bool) -> Any:
        assert optional or key in self.values
        return self.values.get(key)

    def output(self, key: str) -> pulumi.Output[Any]:
        return pulumi.Output.secret(self.values[key])


def test_exports_are_one_output_a_field_and_secrets_stay_secret(registry: Registry) -> None:
    graph = record({"roof": {}, "lamp": {}}, registry=registry)
    assert graph.outputs == {
        "roof.name": "roof",
        "roof.sockets": (),
        "roof.note": None,
        "roof.panels": 4,
        "roof.token": "[secret]",
        "lamp.name": "roof:unmeasured",
        "lamp-runs-on": "roof",
    }


def test_a_contract_is_the_same_in_the_importing_stack(registry: Registry) -> None:
    # The engine's JSON knows lists and floats only.
    source = _Outputs({"r.name": "roof", "r.sockets": ["a"], "r.panels": 4.0, "r.token": "s3cret"})
    provides = registry["roof"].provides
    assert provides is not None
    loaded = provides.load(source, "r")
    assert (loaded.name, loaded.sockets, loaded.panels, loaded.note) == ("roof", ("a",), 4, None)  # type: ignore[attr-defined]
    assert isinstance(loaded.token, pulumi.Output)  # type: ignore[attr-defined]
    assert [c.__name__ for c in contracts_of(provides)] == ["Solar", "Power"]


class _Broken(Component[Config]):
    """Names no contract."""

    def build(self, power: str) -> None:
        """Never runs."""


def test_a_component_that_names_no_contract_is_its_authors_mistake() -> None:
    with pytest.raises(TypeError, match=r"_Broken\.build: the parameter power must be typed with a contract"):
        spec_of("broken", _Broken)


@pytest.mark.parametrize("name", discover())
def test_every_component_declares_itself(name: str) -> None:
    spec = discover()[name]
    assert issubclass(spec.cls, Component)
    assert (spec.cls.__doc__ or "").strip(), "its first line is what users read"
    for field_name, field in spec.config.model_fields.items():
        assert field.description, f"{name}.{field_name} has no description for explain and the schema"
    assert all(issubclass(need.contract, Contract) for need in spec.needs)


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("", "AttributeError: module 'their_component' has no attribute 'Theirs'"),
    ],
)
def test_a_component_of_a_broken_package_is_a_sentence(
    module: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever installed it need not know where it was made."""
    (tmp_path / "their_component.py").write_text(module, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "their_component", raising=False)
    with pytest.raises(StackError) as error:
        Registry({"theirs": "their_component:Theirs"})["theirs"]
    assert error.value.problems == (
        f"the component theirs cannot be used: their_component:Theirs fails with {told}; "
        "mend or uninstall the package that it is of (GROUNDWORK_DEBUG=1 shows where)",
    )
