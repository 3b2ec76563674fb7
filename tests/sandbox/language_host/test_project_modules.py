from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.waiting import until

_SHOWS = (
    "import sys\n"
    "known = 'infra.made' in sys.modules\n"
    "{also}"
    "import infra.made\n"
    "print('known' if known else 'new', infra.made.VALUE)\n"
)
_THROUGH_GROUNDWORK = "import groundwork.core.program\n"


def _project(bench: Any, module: str, also: str = _THROUGH_GROUNDWORK) -> None:
    bench.write("", "infra/__init__.py")
    bench.write(module, "infra/made.py")
    bench.write(_SHOWS.format(also=also))


def _preview(bench: Any) -> str:
    done = bench.run("preview", PYTHONPATH=str(bench.project))
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.fixture
def served(bench: Any) -> Any:
    if bench.socket is None:
        pytest.skip("a host that runs alone starts its zygote anew each time")
    return bench


def test_the_projects_modules_stay_imported_until_a_file_beside_them_changes(served: Any) -> None:
    """Composing imports every component: without this, for a second and more in each program and policy pack."""
    _project(served, "VALUE = 1\n")
    assert "new 1" in _preview(served)
    until(lambda: "known 1" in _preview(served))
    served.write("VALUE = 22\n", "infra/made.py")
    assert "new 22" in _preview(served)
    until(lambda: "known 22" in _preview(served))
    served.write("3", "infra/data.txt")
    assert "new 22" in _preview(served)


def test_a_program_that_looks_elsewhere_finds_its_own_modules(served: Any) -> None:
    served.write(_SHOWS.format(also=_THROUGH_GROUNDWORK))
    for number, folder in enumerate(("first", "second")):
        served.write("", f"../{folder}/infra/__init__.py")
        served.write(f"VALUE = {number}\n", f"../{folder}/infra/made.py")
        path = str(served.project.parent / folder)
        assert f"new {number}" in served.run("preview", PYTHONPATH=path).stdout


def test_a_module_that_needs_the_run_while_it_is_imported_is_imported_in_each(served: Any) -> None:
    """Found imported already, its resources would never be registered, and what it read would be another stack's."""
    needing = {
        "resource": "pulumi.ComponentResource('demo:index:Part', 'part')",
        "output": "pulumi.export('part', 1)",
        "stack": "assert pulumi.get_stack() == 'one'",
        "setting": "assert pulumi.Config().get('part') == 'set'",
    }
    for name, line in needing.items():
        served.write(f"import pulumi\n{line}\n", f"infra/{name}.py")
    imports = "".join(f"print('infra.{name}' in sys.modules)\nimport infra.{name}\n" for name in needing)
    _project(served, "VALUE = 1\n", also=_THROUGH_GROUNDWORK + imports)
    assert served.run("config", "set", "part", "set").returncode == 0
    first = _preview(served)
    assert "new 1" in first
    until(lambda: "known 1" in _preview(served))
    again = _preview(served)
    assert "True" not in again
    assert "False" in again
    assert "demo:index:Part" in again


def test_modules_of_a_program_of_ones_own_are_left_alone(served: Any) -> None:
    _project(served, "VALUE = 1\n", also="")
    for _ in range(2):
        assert "new 1" in _preview(served)


def test_a_resource_remembers_the_line_that_made_it_and_nothing_above(bench: Any) -> None:
    """The frames above are the same for all, and would be a third of the program's time and of the state."""
    bench.write(
        "import pulumi\n"
        "class Part(pulumi.ComponentResource):\n"
        "    def __init__(self): super().__init__('demo:index:Part', 'part')\n"
        "def make(): Part()\n"
        "make()\n"
    )
    assert bench.run("up", "--yes", "--skip-preview", GROUNDWORK_QUIET="true").returncode == 0
    [part] = [
        resource
        for resource in json.loads(bench.run("stack", "export").stdout)["deployment"]["resources"]
        if resource["type"] == "demo:index:Part"
    ]
    assert part["sourcePosition"] == "project:///__main__.py#4"
    assert part["stackTrace"] == [{"sourcePosition": "project:///__main__.py#4"}]
