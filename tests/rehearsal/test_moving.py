"""What holds data goes to another stack, or goes for good, only on purpose: the real engine, with data present."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from groundwork.sandbox.rehearsal.plan import plan
from groundwork.sandbox.rehearsal.rehearse import Rehearsal, rehearse
from groundwork.sandbox.rehearsal.shell import shell
from groundwork.sandbox.rehearsal.stage import on_stage
from tests.rehearsal.conftest import checkout, narrator

HEAD = """\
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: ["111122223333"]
  groundwork:environment: works
  groundwork:profile: prod
"""
DATA = Path(__file__).parent / "moving"


class Works:
    """A project of two stacks, and its sandbox."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, **stacks: str) -> None:
        for stack, components in stacks.items():
            text = f"{HEAD}  groundwork:components: {components}\n"
            (self.root / "stacks" / f"Pulumi.{stack}.yaml").write_text(text)

    def rehearse(self) -> Rehearsal:
        return rehearse(self.root, "works", narrator())

    def command(self, *arguments: str) -> int:
        groundwork = [sys.executable, "-m", "groundwork", "--root", str(self.root)]
        return shell(self.root, "works", [*groundwork, *arguments], narrator())

    def buckets(self) -> Any:
        with on_stage(self.root, "works", narrator()) as stage:
            return boto3.client(
                "s3",
                endpoint_url=stage.servers.ready.moto_url,
                region_name="eu-west-1",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",  # noqa: S106 - the emulation asks for some
            )


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    with checkout(DATA, "works", tmp_path_factory) as root:
        works = Works(root)
        works.write(one="{store: {}, other: {}}", two="{another: {component: other}}")
        yield works


def test_a_component_moves_with_its_data(works: Works, capfd: pytest.CaptureFixture[str]) -> None:
    """Its line goes from one file to the other; until the state has followed, nothing comes up at all."""
    assert not works.rehearse().error
    works.buckets().put_object(Bucket="moving-data", Key="weights", Body=b"precious")
    works.write(one="{other: {}}", two="{store: {}, another: {component: other}}")
    refused = works.rehearse()
    assert refused.error is not None
    assert refused.refused
    assert refused.error.startswith("The up of one is refused, and nothing was changed:\n- ")
    assert "store holds data, and the stack one no longer has it" in refused.error
    assert "`groundwork move store --from one --to STACK`" in refused.error
    planned = plan(works.root, "works", narrator())
    assert "store holds data, and the stack one no longer has it" in planned.error
    assert planned.outcomes["two"].changes["create"] > 0, "a plan tells of every stack, also where one fails"

    assert works.command("move", "store", "--from", "one", "--to", "two") == 0, capfd.readouterr()
    assert " ".join(capfd.readouterr().out.split()).endswith(
        "store: 3 resources are in two now, and none was changed. The next up of two writes their tags of the stack "
        "anew, and nothing else."
    )
    after = works.rehearse()
    # Its tags say of which stack it is.
    assert (after.error, after.outcomes["one"].changes.get("update"), after.changed) == ("", None, 1)
    assert after.outcomes["two"].changes["update"] == 1
    assert works.buckets().get_object(Bucket="moving-data", Key="weights")["Body"].read() == b"precious"

    assert works.command("move", "store", "--from", "one", "--to", "two") == 1
    said = "The stack one has no component store in its state; two has it already."
    assert said in capfd.readouterr().err


def test_a_move_that_the_stack_files_do_not_say_is_refused(works: Works, capfd: pytest.CaptureFixture[str]) -> None:
    """The files are what the next up goes by: a state that differs would be made anew."""
    assert works.command("move", "another", "--from", "two", "--to", "one") == 2
    assert capfd.readouterr().err.strip().splitlines()[-2:] == [
        "- two still has another: take it out of Pulumi.two.yaml first",
        "- one has no another: write it into Pulumi.one.yaml first",
    ]


def test_a_component_goes_for_good_when_it_was_retired(works: Works) -> None:
    """One up lifts its protection, and the next one without it deletes."""
    works.buckets().delete_object(Bucket="moving-data", Key="weights")
    works.write(two="{another: {component: other}}")
    assert "store holds data" in works.rehearse().error
    works.write(two="{store: {retire: true}, another: {component: other}}")
    assert works.rehearse().error == ""
    works.write(two="{another: {component: other}}")
    assert works.rehearse().error == ""
    assert [bucket["Name"] for bucket in works.buckets().list_buckets()["Buckets"]] == []
