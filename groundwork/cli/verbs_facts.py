"""Verbs that tell: what things cost, are, lack, and where newer ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundwork.cli.app import GIVEN, JsonFile, Target, app
from groundwork.cli.failures import FAILED
from groundwork.cli.output import new_narrator, show, show_beside, write
from groundwork.cli.tools import put_tools_in_place


@app.command()
def cost(
    name: Annotated[str, typer.Argument(metavar="ENVIRONMENT")] = "dev",
    prices: Annotated[Path | None, typer.Option(metavar="FILE", help="your own prices: item,unit,usd")] = None,
    json_file: JsonFile = None,
) -> None:
    """Estimate what an environment costs a month, with its pools at minimum and at maximum."""
    from groundwork.core.project import load_project
    from groundwork.preview.ceiling import ceiling
    from groundwork.preview.command import as_json
    from groundwork.preview.command import cost as run
    from groundwork.preview.show import of_estimate

    found = run(GIVEN.root, name, prices)
    if str(json_file) != "-":
        regions = {stack.region for stack in load_project(GIVEN.root).environment(name) if stack.region}
        show(of_estimate(name, found, regions=sorted(regions), own=prices, budget=ceiling(GIVEN.root, name)))
    write(json_file, as_json(found))


@app.command()
def doctor() -> None:
    """Tell what is missing, stuck or left running, and what mends it."""
    from groundwork.sandbox.finding import Severity
    from groundwork.sandbox.rehearsal.doctor import examine_sandboxes
    from groundwork.sandbox.report.findings import of_findings
    from groundwork.sandbox.tools.check import check

    findings = [*check(), *examine_sandboxes(GIVEN.root)]
    show(of_findings(findings))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(FAILED)


@app.command()
def bench(name: Target = "dev", json_file: JsonFile = None) -> None:
    """Measure this machine: composing, policies, plan and rehearsal."""
    from groundwork.bench.measure import measure
    from groundwork.bench.show import of_figures, to_json

    put_tools_in_place()
    figures = measure(GIVEN.root, name, new_narrator)
    show_beside(GIVEN.json_file, of_figures(figures))
    write(json_file, to_json(figures))


@app.command()
def explain(
    component: Annotated[str | None, typer.Argument(help="a component; all of them by default")] = None,
) -> None:
    """Explain a component: its options, their defaults, what it needs."""
    from groundwork.core.explain import explain as explain_one
    from groundwork.core.explain import explain_all
    from groundwork.core.registry import discover
    from groundwork.sandbox.report.explanations import of_all, of_one

    registry = discover()
    show(of_one(explain_one(component, registry)) if component else of_all(explain_all(registry)))


@app.command()
def mirror(
    to: Annotated[
        str | None, typer.Option(metavar="DIR", help="a folder or oci://…; else GROUNDWORK_MIRROR, else our own")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="fetch nothing: verify what is there")] = False,
    only: Annotated[list[str] | None, typer.Option(metavar="KEY", help="a chart's key; may be repeated")] = None,
    git: Annotated[
        list[str] | None, typer.Option(metavar="URL=DIR", help="take this git repository from a local one")
    ] = None,
    archives: Annotated[
        Path | None, typer.Option(metavar="DIR", help="take the archives that this folder has, and fetch the rest")
    ] = None,
) -> None:
    """Fill a folder with the charts of the catalogue, for use without the internet."""
    from groundwork.mirror.command import run
    from groundwork.mirror.show import of_result

    narrator = new_narrator()
    result, listing = run(
        GIVEN.root, to, check_only=check, only=only or [], git=git or [], archives=archives, tell=narrator.note
    )
    show(of_result(result, listing))
    if result.problems:
        raise typer.Exit(FAILED)


@app.command()
def outdated(json_file: JsonFile = None) -> None:
    """Compare the catalogue with the newest versions there are."""
    import datetime

    from groundwork.core.catalogue import load_catalogue
    from groundwork.mirror.outdated import outdated as compare
    from groundwork.mirror.outdated import to_json
    from groundwork.mirror.show import of_outdated

    catalogue, today = load_catalogue(GIVEN.root), datetime.datetime.now(datetime.UTC).date()
    rows = compare(catalogue)
    ends = [*catalogue.expired(today), *catalogue.ending(today)]
    if str(json_file) != "-":
        show(of_outdated(rows, ends))
    write(json_file, {"charts": to_json(rows), "ends": ends})


@app.command()
def docs() -> None:
    """Write docs/components, docs/support.md, docs/policies.md and docs/teams.md from the code."""
    from groundwork.core.registry import discover
    from groundwork.docs.write import write

    for changed in write(GIVEN.root, discover()):
        print(changed)
