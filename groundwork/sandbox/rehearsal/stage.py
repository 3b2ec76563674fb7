"""A sandbox made ready for a command: its servers run, its project is mirrored, its engine can be called."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.core.catalogue import Chart, load_catalogue
from groundwork.core.charts import mirror as chosen_mirror
from groundwork.core.charts import registry as chosen_registry
from groundwork.core.errors import StackError
from groundwork.core.judge_input import read_environment
from groundwork.core.mirror import check_archives
from groundwork.core.project import Project, load_project
from groundwork.core.stacks import StackFile
from groundwork.sandbox.engine.environment import engine_environment
from groundwork.sandbox.engine.failures import EngineError, failure
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.engine.progress import Progress
from groundwork.sandbox.engine.run import Engine, Task
from groundwork.sandbox.engine.shadow import cast_shadow, share_salt
from groundwork.sandbox.engine.state import StackState
from groundwork.sandbox.home import home, pulled_from
from groundwork.sandbox.processes import Processes
from groundwork.sandbox.rehearsal import servers as running
from groundwork.sandbox.rehearsal.approved import lift_approved
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.rehearsal.servers import Servers
from groundwork.sandbox.standins.arrangement import Arrangement
from groundwork.sandbox.standins.aws.existing import existing_networks
from groundwork.sandbox.standins.control import ask
from groundwork.sandbox.tools.locate import Tools, locate
from groundwork.sandbox.urns import name_of

POLICIES = "policies"
_NO_ACCOUNT = "123456789012"
_NO_REGION = "eu-west-1"
# Most of what the engine does is waiting for charts and readiness.
_PARALLEL = "--parallel=16"

Require = Callable[[Sandbox, Project, list[StackFile], str], None]
"""Called with a sandbox, its project, the stacks asked for, and why what was rehearsed is void, empty where it is not.

Raises StackError."""


@dataclass
class Stage:
    """What a command works with.

    Attributes:
        stacks: those of the environment, in the order in which they come up.
        anew: why everything that was rehearsed before was given up, empty where it was not.
        recovered: what was mended of an interrupted run, a sentence each.
    """

    sandbox: Sandbox
    project: Project
    stacks: list[StackFile]
    tools: Tools
    servers: Servers
    engine: Engine
    narrator: Narrator
    anew: str = ""
    recovered: list[str] = field(default_factory=list)

    def state(self, stack: str) -> StackState:
        """Return the engine's state of a stack."""
        return StackState(self.engine, self.sandbox.paths.pulumi_state, self.project.name, stack)

    def recover(self, stack: str) -> StackState:
        """Return the state of a stack, initialised, and mended where a run of it was cut off.

        Raises:
            StackLockedError: a run of it is not over.
        """
        state = self.state(stack)
        share_salt(self.sandbox.paths.project, stack)
        state.init()
        cut_off = state.unlock()
        pending = state.settle_pending()
        lift_approved(self.project.root, next(each for each in self.stacks if each.name == stack), state)
        if cut_off or pending:
            self.recovered.append(f"{stack}: the last run was cut off; its lock is cancelled")
            if pending:
                names = ", ".join(map(name_of, pending[:5]))
                self.recovered.append(f"{stack}: {len(pending)} operations were under way: {names}")
            mended = ask(self.servers.ready, "mend_releases", timeout=300)
            self.recovered += [f"Helm release {name} was interrupted: rolled back" for name in mended]
        return state

    def run(self, verb: str, stack: str, *flags: str) -> Outcome:
        """Run the engine on a stack as a phase, telling what it works on.

        Raises:
            EngineError: it did not succeed.
        """
        outcome = self.side_by_side(verb, [stack], *flags)[stack]
        if not outcome.succeeded:
            raise self.failure(verb, stack, outcome)
        return outcome

    def side_by_side(self, verb: str, stacks: Sequence[str], *flags: str) -> dict[str, Outcome]:
        """Run the engine on stacks that do not wait for each other, as one phase; some may not have succeeded."""
        progress = {stack: Progress() for stack in stacks}
        with self.narrator.phase(f"{verb} {', '.join(stacks)}") as activity:
            activity.words = lambda: "; ".join(_named(stack, p.words(), progress) for stack, p in progress.items())
            activity.lines = lambda: [
                _named(stack, line, progress) for stack, p in progress.items() for line in p.lines()
            ]
            outcomes = self.engine.side_by_side(
                [Task(verb, stack, [_PARALLEL, *flags], progress[stack].add) for stack in stacks],
                tick=lambda: self.narrator.tick(activity),
                # A program and its engine take turns: two of them fill two cores.
                at_once=max(2, os.cpu_count() or 1),
            )
            done = dict(zip(stacks, outcomes, strict=True))
            activity.words = lambda: "; ".join(_named(stack, counts(found), done) for stack, found in done.items())
            activity.lines = list
            for stack, found in done.items():
                if found.first_step is not None:
                    activity.took(_named(stack, "engine, language host and program start", done), found.first_step)
                    activity.took(_named(stack, "resources", done), found.seconds - found.first_step)
        return done

    def failure(self, verb: str, stack: str, outcome: Outcome) -> EngineError:
        """Return the error of a run that did not succeed."""
        return failure(f"{verb} of {stack}", outcome, str(self.engine.log(verb, stack)))

    @property
    def policy_flags(self) -> tuple[str, ...]:
        """The engine's flags for the project's policy pack, where it has one."""
        return policy_flags(self.project.root)


def policy_flags(root: Path) -> tuple[str, ...]:
    """Return the engine's flags for the policy pack of the project in `root`, none where it has no pack."""
    return (f"--policy-pack={POLICIES}",) if (root / POLICIES / "PulumiPolicy.yaml").is_file() else ()


def _named(stack: str, text: str, among: Mapping[str, object]) -> str:
    return f"{stack}: {text}" if len(among) > 1 else text


def counts(outcome: Outcome) -> str:
    """Return what a run came to, in a few words: `12 create, 3 same`."""
    told = [f"{count} {op}" for op, count in sorted(outcome.changes.items())]
    return ", ".join([*told, *(() if outcome.succeeded else ["failed"])]) or "nothing"


@contextlib.contextmanager
def on_stage(
    root: Path, name: str, narrator: Narrator, *, check: bool = False, require: Require | None = None
) -> Iterator[Stage]:
    """Make the sandbox of an environment or stack ready, be alone in it, and leave its servers running.

    Args:
        check: compose the stacks before anything is started.
        require: called before anything is started, to refuse what cannot be done in the sandbox as it is.

    Raises:
        StackError: the stack files are wrong, or name none such.
        ToolsMissing: tools are not in place.
        SandboxBusyError: another command works in it.
        StartError: a server did not come up.
    """
    with narrator.phase("read the stack files"):
        project = load_project(root)
        stacks = read_environment(project, name) if check else project.environment(name)
    with narrator.phase("find the tools"):
        tools = locate()
    sandbox = Sandbox.of(root, stacks[0].environment)
    with sandbox.alone():
        sandbox.create()
        processes = Processes(sandbox.paths)
        with processes.foreground("command"):
            check_mirrors(project, sandbox)
            arrangement = arrange(project, stacks, sandbox, tools)
            anew = running.is_void(sandbox, arrangement) or ""
            if require is not None:
                require(sandbox, project, stacks, anew)
            with narrator.phase("bring up the sandbox") as activity:
                orphans = processes.end_orphans()
                if anew:
                    running.clear(sandbox)
                servers = running.start(sandbox, tools, arrangement, activity.took)
                cast_shadow(project.root, sandbox.paths.project)
            stage = Stage(sandbox, project, stacks, tools, servers, _engine(sandbox, servers), narrator, anew)
            if orphans:
                stage.recovered.append(f"{len(orphans)} processes of an earlier run were ended")
            yield stage


def arrange(project: Project, stacks: list[StackFile], sandbox: Sandbox, tools: Tools) -> Arrangement:
    """Return the settings of the stand-ins for the stacks of an environment."""
    root = project.root
    charts = catalogued(root).values()
    mirrors = mirrors_of(sandbox)
    accounts = [account for stack in stacks for account in stack.account_ids]
    regions = [stack.region for stack in stacks if stack.region]
    return Arrangement(
        root=str(sandbox.paths.root),
        account_id=accounts[0] if accounts else _NO_ACCOUNT,
        region=regions[0] if regions else _NO_REGION,
        existing_cluster=not regions,
        helm=str(tools.helm),
        mirrors=tuple(map(str, mirrors)),
        inventory=str(root / "platform" / "inventory"),
        digests={f"{c.chart}-{c.version}": c.digest for c in charts if c.digest},
        networks=tuple(existing_networks(stacks)),
    )


def mirrors_of(sandbox: Sandbox) -> list[Path]:
    """Return the folders in which a rehearsal looks for charts, in this order.

    Raises:
        StackError: the one that the environment names is none.
    """
    chosen = chosen_mirror()
    if address := chosen_registry():
        chosen = pulled_from(address)
    return [*([chosen] if chosen else ()), sandbox.paths.mirror, home() / "mirror"]


def check_mirrors(project: Project, sandbox: Sandbox) -> None:
    """Refuse, before anything is started, a mirror in which an archive of the catalogue is not what it should be.

    What a registry has is brought to this machine before: the sandbox itself dials nothing.

    Raises:
        StackError: naming every such archive, with the digest expected and the one found; or what cannot be brought.
    """
    charts = catalogued(project.root)
    if address := chosen_registry():
        # Rooms of their own: only a rehearsal with a registry needs Helm before the sandbox is up.
        from groundwork.mirror.command import find_programs
        from groundwork.mirror.errors import MirrorError
        from groundwork.mirror.registry import Registry, bring

        try:
            bring(Registry(address, find_programs({})), charts, lambda line: None)
        except MirrorError as error:
            raise StackError(error.problems) from None
    for mirror in mirrors_of(sandbox):
        check_archives(mirror, charts)


def catalogued(root: Path) -> dict[str, Chart]:
    """Return the charts of the project's catalogue, none where it has no catalogue."""
    return load_catalogue(root).charts if (root / "platform" / "catalogue.yaml").is_file() else {}


def _engine(sandbox: Sandbox, servers: Servers) -> Engine:
    paths = sandbox.paths
    return Engine(
        pulumi=paths.bin / "pulumi",
        project=paths.project,
        environ=engine_environment(paths, servers.ready.providers, servers.ready.moto_url),
        logs=paths.logs,
    )
