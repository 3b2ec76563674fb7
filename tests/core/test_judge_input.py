"""What is wrong with a user's input is found before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.core.errors import StackError
from groundwork.core.judge_input import read_environment
from groundwork.core.project import load_project

ROOT = Path(__file__).parents[2]
PROGRAM = (ROOT / "stacks" / "__main__.py").read_text()
PACK = "# The rules are those of this checkout."


def _project(root: Path, program: str = PROGRAM, **stacks: str) -> list[str]:
    """Return what is wrong with the environment of the first stack."""
    (root / "stacks").mkdir(exist_ok=True)
    (root / "Pulumi.yaml").write_text("name: demo\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    (root / "stacks" / "__main__.py").write_text(program)
    for name, text in stacks.items():
        (root / "stacks" / f"Pulumi.{name.replace('_', '-')}.yaml").write_text(text)
    try:
        read_environment(load_project(root), next(iter(stacks)).replace("_", "-"))
    except StackError as error:
        return list(error.problems)
    return []


def test_settings_of_the_stack_do_not_hide_those_of_its_components(tmp_path: Path) -> None:
    text = """\
config:
  aws:regoin: eu-west-1
  aws:region: eu-west-11
  aws:allowedAccountIds: ["1111"]
  groundwork:environment: acme
  groundwork:profile: big
  groundwork:components:
    network: {cidr: 10.0.0.0/33}
    eks: {verzion: "1.35"}
    pools: {general: {min: 9, max: 2}}
"""
    told = _project(tmp_path, acme=text)
    assert [problem.partition(": ")[0] for problem in told] == [f"Pulumi.acme.yaml:{n}" for n in (2, 6, 3, 4, 8, 9, 10)]
    assert told[:4] == [
        "Pulumi.acme.yaml:2: unknown setting 'aws:regoin'; did you mean 'aws:region'? (34 others)",
        "Pulumi.acme.yaml:6: groundwork:profile is 'big'; valid: dev, local, prod, staging",
        "Pulumi.acme.yaml:3: aws:region is 'eu-west-11'; did you mean 'eu-west-1'? (47 others)",
        "Pulumi.acme.yaml:4: aws:allowedAccountIds: '1111' is no account: twelve digits",
    ]


BASE = "config:\n  groundwork:environment: dev\n  groundwork:components: {existing-cluster: {oops: 1}}\n"
APPS = (
    "config:\n  groundwork:environment: dev\n  groundwork:imports: [base]\n  groundwork:components: {keda: {no: 1}}\n"
)


def test_what_is_wrong_with_an_import_is_told_once(tmp_path: Path) -> None:
    told = _project(tmp_path, apps=APPS, base=BASE)
    assert [problem.partition(";")[0] for problem in told] == [
        "Pulumi.base.yaml:3: existing-cluster.oops: unknown key",
        "Pulumi.apps.yaml:4: keda.no: unknown key",
    ]


def test_a_program_of_ones_own_composes_itself(tmp_path: Path) -> None:
    """It may have components that nobody else knows of."""
    assert _project(tmp_path, program="import pulumi\n", base=BASE) == []


def test_mistakes_in_the_exemptions_are_found_too(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "pack.py").write_text(PACK)
    (tmp_path / "policies" / "exemptions.yaml").write_text("exemptions: [{rule: no-lates}]\n")
    (problem, *_) = _project(tmp_path, base=BASE.replace("{oops: 1}", "{}"))
    assert problem == "policies/exemptions.yaml:1: exemptions.0.resources: required, and missing"


@pytest.mark.parametrize("name", ["dev", "prod", "everything"])
def test_our_own_are_accepted(name: str) -> None:
    assert read_environment(load_project(ROOT), name)


def test_what_only_building_shows_is_told_with_wrong_settings(tmp_path: Path) -> None:
    """Of all that uses nothing of what is wrong: whoever does would say what is not so."""
    (tmp_path / "platform").symlink_to(ROOT / "platform")
    text = """\
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: ["111122223333"]
  groundwork:environment: dev
  groundwork:components:
    network: {}
    eks: {version: "1.29"}
    pools: {gpu: {accelerator: nvidia-l4}, provisioner: karpenter}
    nvidia-device-plugin: {}
    acm: {}
    karpenter: {replicas: 0}
"""
    told = [problem.partition(": ")[2].partition(";")[0] for problem in _project(tmp_path, dev=text)]
    assert told[2:] == [
        "acm: no zone to prove names in: add route53 with a public zone to this stack, or set acm.zones: "
        "{example.com: Z0123456789ABCDEFGHIJ}",
        "eks.version: '1.29' is not in the catalogue",
    ]
    assert [each.partition(":")[0] for each in told[:2]] == ["pools.gpu", "karpenter.replicas"]
