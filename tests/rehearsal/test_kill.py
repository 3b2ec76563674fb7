"""`kill -9` of the engine at any moment: the next rehearsal completes, with nothing twice and nothing orphaned."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.rehearsal import servers
from groundwork.sandbox.rehearsal.stage import on_stage
from groundwork.sandbox.standins.aws.snapshot import snapshot

KILLS = 10
SEED = 20261122


def _engine() -> psutil.Process | None:
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if command and command[0].endswith("/pulumi") and command[1] == "up":
                return process
    return None


@contextlib.contextmanager
def _killer(ready: Callable[[psutil.Process], bool]) -> Iterator[list[bool]]:
    """Kill the engine as soon as `ready`; the list gets an entry when that came about."""
    killed: list[bool] = []
    over = threading.Event()

    def hunt() -> None:
        while not over.wait(0.005):
            engine = _engine()
            if engine is not None and ready(engine):
                engine.kill()
                killed.append(True)
                return

    thread = threading.Thread(target=hunt)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def _after(seconds: float) -> Callable[[psutil.Process], bool]:
    return lambda engine: time.time() - engine.create_time() >= seconds


def _contents(theatre: Any) -> dict[str, list[str]]:
    """Return what a program of one generation makes, as it is there."""
    ready = servers.ready_of(theatre.sandbox)
    assert ready is not None
    aws = snapshot(ready.moto_url, ["eu-west-1"])
    with on_stage(theatre.root, "local", _quiet()) as stage:
        client = KubeClient(stage.servers.endpoint)
        spaces = [s["metadata"]["name"] for s in client.list("v1", "Namespace")]
        charts = [
            f"{s['metadata']['namespace']}/{s['metadata']['labels']['status']}"
            for s in client.list("v1", "Secret")
            if s.get("type") == "helm.sh/release.v1"
        ]
        client.close()
    keys = [key for key in aws.get("eu-west-1/kms/keys", []) if not key.endswith("(PendingDeletion)")]
    return {
        "buckets": aws.get("global/s3/buckets", []),
        "queues": [url.rpartition("/")[2].rpartition("-")[0] for url in aws.get("eu-west-1/sqs/queues", [])],
        "keys": ["a key" for _ in keys],
        "namespaces": [space for space in spaces if space.startswith("first")],
        "charts": charts,
    }


def _quiet() -> Any:
    import io

    from rich.console import Console

    from groundwork.sandbox.rehearsal.narrator import Narrator

    return Narrator(Console(file=io.StringIO()), live=False)


def _expected(generation: int) -> dict[str, list[str]]:
    label = f"first-{generation}"
    return {
        "buckets": [f"theatre-{label}"],
        "queues": [f"{label}-queue"],
        "keys": ["a key"],
        "namespaces": [label],
        "charts": [f"{label}/deployed"],
    }


def test_the_next_rehearsal_completes_whenever_the_engine_was_killed(theatre: Any) -> None:
    """Each generation makes everything anew and deletes what the one before made."""
    theatre.generation(1)
    whole = theatre.rehearse()
    assert not whole.error, whole.error
    # From the engine's start, before it holds the lock, until it saves its last state.
    longest = whole.outcomes["local"].seconds
    moments = random.Random(SEED)  # noqa: S311 - no secret
    kills = 0
    for generation in range(2, KILLS + 2):
        theatre.generation(generation)
        moment = moments.uniform(0.0, longest)
        with _killer(_after(moment)) as killed:
            broken = theatre.rehearse()
        kills += bool(killed)
        assert bool(broken.error) == bool(killed), f"generation {generation} at {moment:.2f} s: {broken.error}"
        after = theatre.rehearse()
        where = f"generation {generation}, killed at {moment:.2f} s"
        assert not after.error, f"{where}: {after.error}"
        assert not after.anew, where
        assert _contents(theatre) == _expected(generation), where
    assert kills >= KILLS - 2, "most moments must lie within the run"


def test_a_kill_within_a_release_is_mended(theatre: Any) -> None:
    """Helm calls it pending-install, and refuses it until somebody rolls it back."""
    theatre.generation(50)
    program = theatre.root / "chart" / "templates" / "all.yaml"
    text = program.read_text()
    # The hook's Job is never scheduled, so that Helm is at work when the engine dies.
    program.write_text(text.replace("restartPolicy: Never", "restartPolicy: Never\n      nodeSelector: {not: there}"))
    try:
        with _killer(lambda engine: _helm_is_at_work()) as killed:
            assert theatre.rehearse().error
        assert killed
    finally:
        program.write_text(text)
    helm = _helm_is_at_work()
    assert helm, "the release must be interrupted, not finished"
    servers.stop(theatre.sandbox) if False else _kill_standins(theatre)
    after = theatre.rehearse()
    assert not after.error, after.error
    assert any("was interrupted: rolled back" in line for line in after.recovered) or after.recovered
    assert _contents(theatre) == _expected(50)


def _helm_is_at_work() -> bool:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if command and command[0].endswith("/helm") and any(word in command for word in ("install", "upgrade")):
            return True
    return False


def _kill_standins(theatre: Any) -> None:
    ready = servers.ready_of(theatre.sandbox)
    assert ready is not None
    psutil.Process(ready.pid).kill()
