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
from groundwork.sandbox.standins.arrangement import read_endpoint
from groundwork.sandbox.standins.aws.snapshot import snapshot

KILLS = 5
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
            # An interrupted install stays in Helm's history, as a superseded revision of the same release.
            if s.get("type") == "helm.sh/release.v1" and s["metadata"]["labels"]["status"] != "superseded"
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
    for kill in range(KILLS):
        generation = kill + 2
        theatre.generation(generation)
        # One in each part of the run: as many anywhere would leave whole parts of it out.
        moment = longest * moments.uniform(kill, kill + 1) / KILLS
        with _killer(_after(moment)) as killed:
            broken = theatre.rehearse()
        kills += bool(killed)
        assert bool(broken.error) == bool(killed), f"generation {generation} at {moment:.2f} s: {broken.error}"
        after = theatre.rehearse()
        where = f"generation {generation}, killed at {moment:.2f} s"
        assert not after.error, f"{where}: {after.error}"
        assert not after.anew, where
        assert _contents(theatre) == _expected(generation), where
    assert kills >= KILLS - 1, "most moments must lie within the run"


def test_a_kill_within_a_release_is_mended(theatre: Any) -> None:
    """Of the engine, the stand-ins and so of Helm: pending-install, and Helm refuses it until it is rolled back."""
    theatre.generation(50)
    chart = theatre.root / "chart" / "templates" / "all.yaml"
    text = chart.read_text()
    # The hook's Job is never scheduled, so that Helm is at work when the engine dies.
    chart.write_text(text.replace("restartPolicy: Never", "restartPolicy: Never\n      nodeSelector: {not: there}"))
    try:
        with _killer(lambda engine: _pending_releases(theatre) != []) as killed:
            broken = theatre.rehearse()
        assert killed, broken.error
    finally:
        chart.write_text(text)
    assert _helms("first-50"), "the release must be interrupted, not finished"
    ready = servers.ready_of(theatre.sandbox)
    assert ready is not None
    psutil.Process(ready.pid).kill()
    after = theatre.rehearse()
    assert not after.error, after.error
    assert "Helm release first-50/sleeper was interrupted: rolled back" in after.recovered
    assert _contents(theatre) == _expected(50)
    assert _helms("first-50") == []


def _pending_releases(theatre: Any) -> list[str]:
    endpoint = read_endpoint(theatre.sandbox.paths)
    if endpoint is None:
        return []
    client = KubeClient(endpoint)
    secrets = [s["metadata"] for s in client.list("v1", "Secret") if s.get("type") == "helm.sh/release.v1"]
    client.close()
    return [s["name"] for s in secrets if s["labels"]["status"] == "pending-install"]


def _helms(namespace: str) -> list[int]:
    """Return the processes of Helm that install into a namespace: several suites may share the machine."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = process.info["cmdline"] or []
        if command and command[0].endswith("/helm") and namespace in command:
            found.append(int(process.info["pid"]))
    return found
