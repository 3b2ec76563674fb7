"""Small components of no product, to compose with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pulumi
import pytest
import yaml
from pydantic import Field, PositiveInt

from groundwork.core import ByProfile, Component, Config, Contract
from groundwork.core.component import ApiComponent
from groundwork.core.project import Project
from groundwork.core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Power(Contract):
    """Something to run on."""

    name: str
    sockets: tuple[str, ...] = ()
    note: str | None = None
    token: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Solar(Power):
    """A special kind of power."""

    panels: int


@dataclass(frozen=True, kw_only=True)
class Light(Contract):
    """Needs power."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Meter(Contract):
    """Answered by an API component."""

    name: str


class Nothing(Config):
    """No options."""


class GridConfig(Config):
    """Options of the grid."""

    volts: Annotated[PositiveInt, ByProfile("replicas")] = Field(description="by profile")
    name: str = "grid"


class Grid(Component[GridConfig]):
    """Gives power."""

    def build(self) -> Power:
        """Give power."""
        return Power(name=self.config.name, sockets=("a", "b"), token=pulumi.Output.secret("s3cret"))


class Roof(Component[Nothing]):
    """Gives power of a special kind."""

    def build(self) -> Solar:
        """Give power."""
        return Solar(name="roof", panels=4, token=pulumi.Output.secret("s3cret"))


class Lamp(Component[Nothing]):
    """Needs power; is measured where there is a meter."""

    def build(self, power: Power, meter: Meter | None) -> Light:
        """Give light."""
        pulumi.export(f"{self.name}-runs-on", power.name)
        return Light(name=f"{power.name}:{meter.name if meter else 'unmeasured'}")


class MeterApi(ApiComponent[Nothing]):
    """The meter's API."""

    def build(self, power: Power) -> Meter:
        """Answer."""
        return Meter(name="api")


class MeterProduct(Component[Nothing]):
    """The meter; brings its API along."""

    single = True

    def build(self, meter: Meter, light: Light | None) -> None:
        """Measure."""


class Hen(Component[Nothing]):
    """Needs an egg."""

    def build(self, light: Light) -> Power:
        """Never runs."""
        raise NotImplementedError


REGISTRY = Registry(
    {"grid": Grid, "roof": Roof, "lamp": Lamp, "meter-api": MeterApi, "meter": MeterProduct, "hen": Hen}
)


@pytest.fixture
def registry() -> Registry:
    return REGISTRY


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """Return a function that writes stack files: `project(dev={"grid": {}})`."""

    def make(**stacks: Mapping[str, Any]) -> Project:
        (tmp_path / "stacks").mkdir(exist_ok=True)
        (tmp_path / "Pulumi.yaml").write_text("name: test\n", encoding="utf-8")
        (tmp_path / "platform").mkdir(exist_ok=True)
        (tmp_path / "platform" / "catalogue.yaml").write_text('kubernetes: ["1.35"]\n', encoding="utf-8")
        for name, components in stacks.items():
            given = dict(components)
            imports = given.pop("imports", [])
            environment = given.pop("environment", "dev")
            config = {
                "groundwork:environment": environment,
                "groundwork:components": given,
                "groundwork:imports": imports,
            }
            path = tmp_path / "stacks" / f"Pulumi.{name}.yaml"
            path.write_text(yaml.safe_dump({"config": config}, sort_keys=False), encoding="utf-8")
        return Project("test", tmp_path)

    return make
