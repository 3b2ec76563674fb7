"""Composing finds everything that is wrong before the first resource, and an order where nothing is."""

from collections.abc import Callable

import pulumi
import pytest

from groundwork.core.component import Component
from groundwork.core.compose import Composition, compose
from groundwork.core.errors import StackError
from groundwork.core.project import Project
from groundwork.core.registry import Registry
from groundwork.testing import record
from tests.core.conftest import Grid, Light, Meter, MeterApi, Nothing, Power

Make = Callable[..., Project]


def _compose(project: Project, registry: Registry, stack: str = "dev") -> Composition:
    return compose(project, project.stack(stack), registry)


def _problems(project: Project, registry: Registry, stack: str = "dev") -> list[str]:
    with pytest.raises(StackError) as error:
        _compose(project, registry, stack)
    return list(error.value.problems)


def test_components_come_after_what_they_need(project: Make, registry: Registry) -> None:
    composition = _compose(project(dev={"lamp": {}, "grid": {}}), registry)
    assert [step.instance for step in composition.steps] == ["grid", "lamp"]


def test_a_missing_contract_names_who_could_provide_it(project: Make, registry: Registry) -> None:
    assert _problems(project(dev={"lamp": {}}), registry) == [
        "Pulumi.dev.yaml:4: lamp requires a Power: add grid or hen or roof to this stack, "
        "or import a stack that provides one"
    ]


def test_what_more_than_one_provides_has_to_be_said(project: Make, registry: Registry) -> None:
    assert _problems(project(dev={"grid": {}, "roof": {}, "lamp": {}}), registry) == [
        "Pulumi.dev.yaml:5: grid and roof each provide a Power to lamp: remove one; or, to keep both, say which with "
        "`lamp: {use: {power: grid}}`"
    ]


def test_one_pair_of_providers_is_one_sentence(project: Make, registry: Registry) -> None:
    """Whoever asks for what they provide."""
    given = {"grid": {}, "roof": {}, "lamp": {}, "desk": {"component": "lamp"}, "shelf": {"component": "lamp"}}
    assert _problems(project(dev=given), registry) == [
        "Pulumi.dev.yaml:5: grid and roof each provide a Power to lamp and 2 more: remove one; or, to keep both, say "
        "which with `lamp: {use: {power: grid}}`, and so for desk and shelf"
    ]


def test_one_missing_contract_is_one_sentence(project: Make, registry: Registry) -> None:
    """However many need it; none where it is there under a name that is misspelt, since that is told."""
    lamps = {f"lamp-{number}": {"component": "lamp"} for number in range(1, 6)}
    assert _problems(project(dev=lamps), registry) == [
        "Pulumi.dev.yaml:4: lamp-1, lamp-2 and 3 more require a Power: add grid or hen or roof to this stack, "
        "or import a stack that provides one"
    ]
    assert _problems(project(dev={"gird": {}, **lamps}), registry) == [
        "Pulumi.dev.yaml:4: gird: no component 'gird'; did you mean 'grid'? "
        "valid: grid, hen, lamp, meter, meter-api, roof"
    ]


def test_use_says_which(project: Make, registry: Registry) -> None:
    composition = _compose(project(dev={"grid": {}, "roof": {}, "lamp": {"use": {"power": "roof"}}}), registry)
    lamp = composition.steps[-1]
    assert lamp.bindings["power"] is not None
    assert lamp.bindings["power"].instance == "roof"


def test_use_of_nothing_is_refused(project: Make, registry: Registry) -> None:
    given = {"grid": {}, "lamp": {"use": {"power": "roof", "water": "well"}}}
    assert _problems(project(dev=given), registry) == [
        "Pulumi.dev.yaml:8: lamp.use: no requirement 'water'; valid: meter, power",
        "Pulumi.dev.yaml:7: lamp.use.power: 'roof' provides no Power; valid: grid",
    ]


def test_two_instances_of_one_component(project: Make, registry: Registry) -> None:
    given = {"grid": {}, "spare": {"component": "grid", "name": "spare"}, "lamp": {"use": {"power": "spare"}}}
    composition = _compose(project(dev=given), registry)
    assert {step.instance: step.spec.name for step in composition.steps} == {
        "grid": "grid",
        "spare": "grid",
        "lamp": "lamp",
    }


def test_a_circle_is_named(project: Make, registry: Registry) -> None:
    (problem,) = _problems(project(dev={"hen": {}, "lamp": {}}), registry)
    assert problem in (
        "components need each other in a circle: hen -> lamp -> hen",
        "components need each other in a circle: lamp -> hen -> lamp",
    )


def test_a_required_api_is_brought_along(project: Make, registry: Registry) -> None:
    composition = _compose(project(dev={"grid": {}, "meter": {}}), registry)
    assert [(step.instance, step.implied) for step in composition.steps] == [
        ("grid", False),
        ("meter-api", True),
        ("meter", False),
    ]


def test_an_optional_contract_brings_nothing_along(project: Make, registry: Registry) -> None:
    composition = _compose(project(dev={"grid": {}, "lamp": {}}), registry)
    assert [step.instance for step in composition.steps] == ["grid", "lamp"]


def test_a_cluster_has_one_of_some_things(project: Make, registry: Registry) -> None:
    given = {"grid": {}, "meter": {}, "second": {"component": "meter"}}
    assert _problems(project(dev=given), registry) == [
        "Pulumi.dev.yaml:6: meter and second are both meter: a cluster can have one; keep one"
    ]


def test_which_of_two_is_meant_is_not_asked_where_one_must_go(project: Make, registry: Registry) -> None:
    given = {"grid": {}, "meter-api": {}, "second": {"component": "meter-api"}, "lamp": {}}
    assert _problems(project(dev=given), registry) == [
        "Pulumi.dev.yaml:6: meter-api and second are both meter-api: a cluster can have one; keep one"
    ]


def test_an_imported_stack_has_its_one_already(project: Make, registry: Registry) -> None:
    made = project(base={"grid": {}, "meter": {}}, dev={"meter": {}, "lamp": {}, "imports": ["base"]})
    assert _problems(made, registry) == [
        "Pulumi.dev.yaml:4: meter: the imported stack base has meter already, and a cluster can have one; keep one"
    ]


def test_contracts_of_an_imported_stack_are_there(project: Make, registry: Registry) -> None:
    made = project(base={"roof": {}}, dev={"lamp": {}, "imports": ["base"]})
    provider = _compose(made, registry).steps[0].bindings["power"]
    assert provider is not None
    assert provider.address == "base/roof"


def test_a_component_is_a_name(project: Make, registry: Registry) -> None:
    """A list was a traceback."""
    given = {"a": {"component": ["grid"]}, "b": {"component": 3}, "grid": {"use": "roof", "retire": "soon"}}
    assert _problems(project(dev=given), registry) == [
        "Pulumi.dev.yaml:5: a.component must be the name of one (got ['grid'])",
        "Pulumi.dev.yaml:8: b.component must be the name of one (got 3)",
        "Pulumi.dev.yaml:10: grid.use must be a map of names (got 'roof')",
        "Pulumi.dev.yaml:11: grid.retire must be true or false (got 'soon')",
    ]


def test_all_problems_come_at_once(project: Make, registry: Registry) -> None:
    given = {"gird": {}, "grid": {"volts": "many", "nmae": "x"}, "lamp": {"use": {"power": "roof"}}}
    problems = _problems(project(dev=given), registry)
    assert problems == [
        "Pulumi.dev.yaml:4: gird: no component 'gird'; did you mean 'grid'? "
        "valid: grid, hen, lamp, meter, meter-api, roof",
        "Pulumi.dev.yaml:6: grid.volts: must be a whole number, such as 3 (got 'many')",
        "Pulumi.dev.yaml:7: grid.nmae: unknown key; did you mean 'name'? valid: name, volts",
        "Pulumi.dev.yaml:10: lamp.use.power: 'roof' provides no Power; valid: grid",
    ]


def test_an_import_that_is_wrong_is_named(project: Make, registry: Registry) -> None:
    made = project(base={"lamp": {}}, dev={"grid": {}, "imports": ["base"]})
    (problem,) = _problems(made, registry)
    assert problem.startswith("base: Pulumi.base.yaml:4: lamp requires a Power")


class Operator(Component[Nothing]):
    """Admits what is made by the meter's API."""

    operates = Meter

    def build(self, meter: Meter, light: Light | None) -> None:
        """Run."""
        Marker(self)


class Apart(Component[Nothing]):
    """Admits the same, and needs nobody who is measured."""

    operates = Meter

    def build(self, meter: Meter) -> None:
        """Run."""
        Marker(self)


class Marker(pulumi.CustomResource):
    """Something to wait for."""

    def __init__(self, parent: Component[Nothing]) -> None:
        super().__init__("test:index:Marker", f"{parent.name}-made", {}, parent.child(depends_on=parent.after))


class Measured(Component[Nothing]):
    """Makes an object of the meter's kind."""

    def build(self, power: Power, meter: Meter | None) -> Light:
        """Make it."""
        Marker(self)
        return Light(name="measured")


OPERATED = Registry({"grid": Grid, "meter-api": MeterApi, "operator": Operator, "apart": Apart, "measured": Measured})


def test_who_uses_a_contract_comes_after_what_operates_it() -> None:
    """Its webhook refuses objects while it starts: neither a retry nor a sleep, but an edge of the graph."""
    graph = record({"measured": {}, "grid": {}, "apart": {}}, registry=OPERATED)
    made = graph.one("test:index:Marker", "measured-made")
    assert graph.one("test:index:Marker", "apart-made").urn in graph.before(made)


def test_without_the_operator_nobody_waits(project: Make) -> None:
    """Another stack, or somebody else, runs it already."""
    composition = _compose(project(dev={"grid": {}, "meter-api": {}, "measured": {}}), OPERATED)
    assert {step.instance: step.gates for step in composition.steps} == {"grid": (), "meter-api": (), "measured": ()}


class Asking(Component[Nothing]):
    """Waits for what becomes of an object of the meter's kind."""

    def build(self, meter: Meter) -> None:
        """Ask."""


def test_kinds_that_nobody_acts_on_are_refused(project: Make) -> None:
    """They came along by themselves: what they hold would be waited for in vain."""
    registry = Registry({"grid": Grid, "meter-api": MeterApi, "apart": Apart, "asking": Asking})
    assert _problems(project(dev={"grid": {}, "asking": {}}), registry) == [
        "Pulumi.dev.yaml:5: asking would wait for what nobody makes: meter-api is only kinds; add apart to this stack, "
        "or import a stack that has it, or, where somebody else runs it, write `meter-api: {}`"
    ]
    assert _compose(project(dev={"grid": {}, "asking": {}, "meter-api": {}}), registry)
    assert _compose(project(dev={"grid": {}, "asking": {}, "apart": {}}), registry)


def test_an_operator_that_needs_its_own_user_is_a_circle(project: Make) -> None:
    """Told before the first resource, where an engine would wait for ever."""
    assert _problems(project(dev={"grid": {}, "measured": {}, "operator": {}}), OPERATED) == [
        "components need each other in a circle: measured -> operator -> measured"
    ]
