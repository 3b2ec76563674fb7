"""Before the real `pulumi up`: what would lose data is refused, and nothing was changed."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.core.project import load_project
from groundwork.real.engine import Pulumi
from groundwork.real.errors import RealError
from groundwork.real.planned import changes, check_changes, protect_again
from tests.real.conftest import fake_pulumi, project

DATABASE = "urn:pulumi:lab::groundwork::groundwork:component:Rds$aws:rds/instance:Instance::rds-server"
APPROVED = """\
approvals:
  - resource: Instance rds-server
    action: replace
    environment: lab
    owner: platform
    reason: restored from a snapshot that is encrypted with another key
    until: "{until}"
"""


def step(op: str, **more: Any) -> dict[str, Any]:
    old = {"urn": DATABASE, "type": "aws:rds/instance:Instance", "protect": True, "inputs": {"engine": "postgres"}}
    return {"op": op, "urn": DATABASE, "oldState": old, "replaceReasons": ["kmsKeyId"], **more}


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A project with a pack, and a `pulumi` that plans what lies in `plan.json`."""
    root = project(tmp_path / "lab")
    (root / "policies").mkdir()
    (root / "policies" / "pack.py").touch()
    (root / "platform").mkdir()
    (root / "platform" / "catalogue.yaml").write_text('kubernetes: ["1.35"]\n')
    fake = tmp_path / "pulumi"
    fake.write_text("#!/bin/sh\ncat plan.json\n")
    fake.chmod(0o755)
    plan(root, step("create-replacement"), step("replace"), step("delete-replaced"))
    return root


def plan(root: Path, *steps: dict[str, Any]) -> None:
    (root / "plan.json").write_text(json.dumps({"steps": steps}))


def check(root: Path) -> list[str]:
    warned: list[str] = []
    engine = Pulumi(str(root.parent / "pulumi"), root, {"PATH": "/usr/bin:/bin"})
    check_changes(root, load_project(root).stack("lab"), engine, warned.append)
    return warned


def test_a_replaced_database_is_refused_by_name(lab: Path) -> None:
    with pytest.raises(RealError) as refused:
        check(lab)
    assert str(refused.value) == (
        "`pulumi up` of lab is refused, and nothing was changed:\n"
        "- protected-changes-approved: Instance rds-server: would be replaced for kmsKeyId, and its databases with it: "
        "leave it as it is, or approve it in policies/exemptions.yaml: {resource: Instance rds-server, "
        "action: replace, environment: lab, owner: ..., reason: ..., until: ...}"
    )


def test_an_approval_counts_up_to_its_day(lab: Path) -> None:
    exemptions = lab / "policies" / "exemptions.yaml"
    exemptions.write_text(
        APPROVED.format(until=datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30))
    )
    assert check(lab) == []
    exemptions.write_text(APPROVED.format(until="2020-12-31"))
    with pytest.raises(RealError, match="the approval of platform ended on 2020-12-31: ask again"):
        check(lab)


def test_what_has_left_the_program_is_unprotected_in_the_state_once_it_is_approved(lab: Path) -> None:
    """The engine would refuse what is approved, and tell whoever has its approval to edit the state."""
    fake = lab.parent / "pulumi"
    fake.write_text('#!/bin/sh\n[ "$1" = state ] && echo "$@" >> calls\ncat plan.json\n')
    plan(lab, step("delete"))
    exemptions = lab / "policies" / "exemptions.yaml"
    until = datetime.datetime.now(datetime.UTC).date()
    exemptions.write_text(APPROVED.format(until=until))
    with pytest.raises(RealError, match="platform approved to replace it, not to delete it: ask again, or leave it"):
        check(lab)
    assert not (lab / "calls").exists()
    exemptions.write_text(APPROVED.format(until=until).replace("action: replace", "action: delete"))
    assert check(lab) == ["Instance rds-server is approved to go: the engine protects it no longer."]
    assert (lab / "calls").read_text() == (
        f"state unprotect {DATABASE} --stack lab --yes --non-interactive --color=never\n"
    )


def test_what_was_to_go_and_is_still_there_is_protected_again(lab: Path) -> None:
    """Whoever says no at the engine's question, or is interrupted, has opened nothing."""
    stack, engine = load_project(lab).stack("lab"), Pulumi(str(lab.parent / "pulumi"), lab, {"PATH": "/usr/bin:/bin"})
    fake_pulumi(lab.parent, cases=f'"state protect") echo "$@" >> {lab}/calls ;;')
    (lab.parent / "lab.json").write_text(json.dumps({"deployment": {"resources": [{"urn": DATABASE}]}}))
    protect_again(stack, engine, [DATABASE, f"{DATABASE}-gone"])
    assert (lab / "calls").read_text() == (
        f"state protect {DATABASE} --stack lab --yes --non-interactive --color=never\n"
    )
    (lab / "calls").unlink()
    protect_again(stack, engine, [f"{DATABASE}-gone"])
    protect_again(stack, engine, [])
    assert not (lab / "calls").exists()


def test_where_people_try_things_out_it_is_told(lab: Path) -> None:
    path = lab / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("profile: prod", "profile: dev"))
    assert "Instance rds-server: would be replaced" in check(lab)[0]


def test_what_is_updated_or_holds_nothing_is_nobodys_business(lab: Path) -> None:
    role = DATABASE.replace("aws:rds/instance:Instance", "aws:iam/role:Role")
    old = {"urn": role, "type": "aws:iam/role:Role", "inputs": {}}
    plan(lab, step("update"), {"op": "delete", "urn": role, "oldState": old})
    assert check(lab) == []


def test_what_stays_where_it_is_is_not_lost(lab: Path) -> None:
    """The engine forgets a retained key, and what it encrypted can still be read."""
    old = {**step("delete")["oldState"], "retainOnDelete": True}
    plan(lab, step("delete", oldState=old))
    assert check(lab) == []


def test_a_bucket_with_objects_is_told_before_its_neighbours_go(lab: Path) -> None:
    """S3 would refuse it in the middle of the update, in every environment."""
    path = lab / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("profile: prod", "profile: dev"))
    urn = DATABASE.replace("aws:rds/instance:Instance", "aws:s3/bucket:Bucket")
    plan(lab, step("delete", urn=urn, oldState={"urn": urn, "type": "aws:s3/bucket:Bucket", "inputs": {"bucket": "a"}}))
    engine = Pulumi(str(lab.parent / "pulumi"), lab, {"PATH": "/usr/bin:/bin"})
    with pytest.raises(RealError) as refused:
        check_changes(
            lab,
            load_project(lab).stack("lab"),
            engine,
            lambda told: None,
            lambda name, stacks, stores: [f"{store.type} {store.resource} {store.inputs}" for store in stores],
        )
    assert str(refused.value) == (
        "`pulumi up` of lab is refused, and nothing was changed:\n"
        "- aws:s3/bucket:Bucket rds-server {'bucket': 'a'}: AWS deletes it empty, so empty it first, of old versions "
        "too"
    )


def test_no_plan_is_told(lab: Path) -> None:
    (lab / "plan.json").write_text("error: passphrase must be set")
    assert check(lab) == [
        "`pulumi preview` of lab made no plan: what the update would replace or delete is not judged."
    ]


def test_what_the_program_refuses_is_the_users_input(lab: Path) -> None:
    fake = lab.parent / "pulumi"
    fake.write_text('#!/bin/sh\necho \'["eks.publicAccessCidrs: is open to all"]\' > "$GROUNDWORK_REFUSAL"; exit 1\n')
    with pytest.raises(StackError) as refused:
        check(lab)
    assert refused.value.problems == ("eks.publicAccessCidrs: is open to all",)


def test_one_change_of_a_resource_whatever_its_steps() -> None:
    found = changes({"steps": [step("create-replacement"), step("replace"), step("delete-replaced"), step("same")]})
    assert [(change.action, change.name, change.keys, change.protected) for change in found] == [
        ("replace", "rds-server", ("kmsKeyId",), True)
    ]
