"""A destroy of an environment: refused with the list, else in reverse order, with a `pulumi` that writes down."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.real.destroy import Outlook, destroy, look
from groundwork.real.errors import RealError
from tests.real.conftest import fake_pulumi, project_of

_CASES = """
  "stack ls") cat {here}/stacks.json ;;
  "stack output") echo '"kubeconfig"' ;;
  destroy*) test ! -f {here}/$stack.fails ;;
"""


class Lab:
    """An environment of two stacks, the state of each, and what was asked of `pulumi`."""

    def __init__(self, root: Path) -> None:
        self.here = root / "bin"
        self.here.mkdir()
        stacks = {
            stack: f"  groundwork:components: {{{component}: {{}}}}\n  groundwork:imports: {imports}\n"
            for stack, component, imports in (("ground", "network", "[]"), ("upper", "teams", "[ground]"))
        }
        self.root = project_of(root / "project", stacks)
        fake_pulumi(self.here, f'echo "$@" >> {self.here}/calls', _CASES.format(here=self.here))
        self.environ = {"PATH": f"{self.here}:{os.environ['PATH']}"}
        self.full: list[str] = []
        self.brought_up()

    def brought_up(self, **stacks: list[dict[str, Any]]) -> None:
        (self.here / "stacks.json").write_text(json.dumps([{"name": stack} for stack in stacks]))
        for stack, resources in stacks.items():
            itself = {"type": "pulumi:pulumi:Stack", "urn": _urn(stack, "pulumi:pulumi:Stack", f"demo-{stack}")}
            self.state(stack).write_text(json.dumps({"deployment": {"resources": [itself, *resources]}}))

    def state(self, stack: str) -> Path:
        return self.here / f"{stack}.json"

    def look(self, *, empty: bool = False) -> Outlook:
        return look(self.root, "lab", self.environ, empty=empty, ask=lambda *asked: self.full)

    def destroy(self, outlook: Outlook) -> list[str]:
        told: list[str] = []
        destroy(self.root, outlook, ["--yes"], told.append, self.environ, timeout=1)
        return told

    def destroyed(self) -> list[str]:
        calls = (self.here / "calls").read_text().splitlines()
        return [call.split()[2] for call in calls if call.startswith("destroy")]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def _urn(stack: str, kind: str, name: str) -> str:
    return f"urn:pulumi:{stack}::demo::{kind}::{name}"


def _of(stack: str, component: str, *resources: tuple[str, str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    parent = _urn(stack, f"groundwork:component:{component.title()}", component)
    top = {"type": parent.split("::")[2], "urn": parent, "parent": _urn(stack, "pulumi:pulumi:Stack", f"demo-{stack}")}
    rest = [{"type": kind, "urn": _urn(stack, kind, name), "parent": parent, **more} for kind, name, more in resources]
    return [top, *rest]


BUCKET, VPC = "aws:s3/bucket:Bucket", "aws:ec2/vpc:Vpc"
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


def test_what_is_protected_is_listed_by_component_and_nothing_begins(lab: Lab) -> None:
    lab.brought_up(
        ground=_of("ground", "network", (VPC, "vpc", {}), (BUCKET, "flows", {"protect": True})),
        upper=_of("upper", "teams", (BUCKET, "models", {"protect": True}), (BUCKET, "data", {"protect": True})),
    )
    outlook = lab.look()
    assert outlook.refusal == (
        "lab protects what would be lost:\n"
        "- upper: teams: Bucket data, Bucket models\n"
        "- ground: network: Bucket flows\n"
        "Write `retire: true` into each of these components and run `groundwork up lab` once, which lifts AWS' own "
        "deletion protection too; then destroy it. Nothing was changed."
    )
    with pytest.raises(RealError, match="lab protects what would be lost"):
        lab.destroy(outlook)
    assert lab.destroyed() == []


def test_who_imports_goes_first_and_definitions_of_kinds_hold_nobody_up(lab: Lab) -> None:
    kept = {"protect": True, "retainOnDelete": True}
    lab.brought_up(
        ground=_of("ground", "network", (VPC, "vpc", {})),
        upper=_of("upper", "teams", (DEFINITION, "kinds", kept), (BUCKET, "models", {})),
    )
    outlook = lab.look()
    assert (outlook.refusal, outlook.stacks) == ("", {"upper": 3, "ground": 2})
    assert lab.destroy(outlook) == ["pulumi destroy of upper (1 of 2)", "pulumi destroy of ground (2 of 2)"]
    assert lab.destroyed() == ["upper", "ground"]
    definition = json.loads(lab.state("upper").read_text())["deployment"]["resources"][2]
    assert ("protect" in definition, definition["retainOnDelete"]) == (False, True)


def test_a_store_with_something_in_it_is_told_before_anything_goes(lab: Lab) -> None:
    """AWS would refuse it when the cluster is gone already."""
    lab.brought_up(ground=_of("ground", "network", (VPC, "vpc", {}), (BUCKET, "flows", {"inputs": {"bucket": "a"}})))
    lab.full = ["Bucket flows: a has objects, or old versions of some"]
    assert lab.look().refusal == (
        "AWS deletes nothing of lab that has something in it:\n"
        "- Bucket flows: a has objects, or old versions of some\n"
        "`groundwork destroy lab --empty` deletes them with what is in them, old versions too. Nothing was changed."
    )
    lab.destroy(lab.look(empty=True))
    assert lab.destroyed() == ["ground"]
    vpc, bucket = json.loads(lab.state("ground").read_text())["deployment"]["resources"][2:]
    assert bucket["inputs"] == {"bucket": "a", "forceDestroy": True}
    assert bucket["outputs"] == {"forceDestroy": True}, "the provider goes by these"
    assert "inputs" not in vpc


def test_a_stack_that_fails_ends_it_and_those_below_stay(lab: Lab) -> None:
    lab.brought_up(ground=_of("ground", "network"), upper=_of("upper", "teams"))
    (lab.here / "upper.fails").touch()
    message = (
        "`pulumi destroy` of upper ended with exit code 1. Not begun: ground. What it did is in the state: mend what "
        "it said, and `groundwork destroy lab` goes on from there."
    )
    with pytest.raises(RealError) as error:
        lab.destroy(lab.look())
    assert str(error.value) == message
    assert lab.destroyed() == ["upper"]


def test_what_was_never_brought_up_is_left_out(lab: Lab) -> None:
    lab.brought_up(ground=_of("ground", "network"))
    assert lab.look().stacks == {"ground": 1}


CLUSTER = "aws:eks/cluster:Cluster"


def test_a_cluster_that_is_out_of_reach_is_told_with_both_ways_on(lab: Lab) -> None:
    """An endpoint inside of its network is the rule, and the engineer at home the case."""
    lab.brought_up(ground=_of("ground", "eks", (CLUSTER, "cluster", {})))
    kubectl = lab.here / "kubectl"
    kubectl.write_text("#!/bin/sh\necho 'Unable to connect to the server: i/o timeout' >&2; exit 1\n")
    kubectl.chmod(0o755)
    with pytest.raises(RealError) as error:
        lab.look()
    assert str(error.value) == (
        "`kubectl get` failed: Unable to connect to the server: i/o timeout\n"
        "What the cluster of lab holds is not seen, and a destroy may hang on it. Run this where its API server can be "
        "reached, such as inside of its network; or leave the drain out with --no-drain, and look for what is left "
        "with `groundwork sweep lab`. Nothing was changed."
    )
    assert look(lab.root, "lab", lab.environ, drain=False, ask=lambda *asked: []).stacks == {"ground": 2}


def test_an_environment_goes_as_a_whole(lab: Lab) -> None:
    with pytest.raises(StackError, match="no environment 'upper' to destroy as a whole"):
        look(lab.root, "upper", lab.environ)
