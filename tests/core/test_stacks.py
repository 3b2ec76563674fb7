"""Stack files: what may stand in them, and in which order an environment's stacks come up."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.core.aws_settings import AWS_SETTINGS
from groundwork.core.errors import StackError
from groundwork.core.project import Project, load_project
from groundwork.core.stacks import read_stack

Make = Callable[..., Project]


def _problems(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StackError) as error:
        read_stack(path)
    return error.value.problems


def test_everything_wrong_with_the_frame_comes_at_once(tmp_path: Path) -> None:
    text = """
confg: {}
config:
  aws:region: 1
  aws:allowedAccountIds: [111122223333]
  groundwork:environment: production
  groundwork:component: {}
  groundwork:imports: foundation
  groundwork:components:
    Bad_Name: {}
    rds: 5
    s3: {password: {secure: abc}}
"""
    assert _problems(tmp_path, text) == (
        "Pulumi.dev.yaml:2: unknown key 'confg'; did you mean 'config'? "
        "valid: config, encryptedkey, encryptionsalt, environment, secretsprovider",
        "Pulumi.dev.yaml:7: unknown setting 'groundwork:component'; did you mean 'groundwork:components'? (6 others)",
        "Pulumi.dev.yaml:6: groundwork:environment is 'production'; valid: dev, local, prod, staging, "
        "or any name beside a groundwork:profile",
        "Pulumi.dev.yaml:4: aws:region must be text (got 1)",
        "Pulumi.dev.yaml:5: aws:allowedAccountIds must be a list of quoted text (got [111122223333])",
        "Pulumi.dev.yaml:10: 'Bad_Name' is no name for a component: lower case letters, digits, hyphens; 30 at most",
        "Pulumi.dev.yaml:11: rds must be a map, {} for the defaults (got 5)",
        "Pulumi.dev.yaml:12: s3: a `secure:` value would end in plain text here: keep the secret in a secret store",
        "Pulumi.dev.yaml:8: groundwork:imports must be a list of quoted text (got 'foundation')",
    )


def test_a_misspelt_setting_of_aws_is_told_beside_what_else_is_wrong(tmp_path: Path) -> None:
    text = """
config:
  aws:regoin: eu-west-1
  aws:defaultTags: {tags: {owner: ada}}
  groundwork:environment: acme
  groundwork:profile: big
  groundwork:components: {s3: {}}
"""
    assert _problems(tmp_path, text) == (
        "Pulumi.dev.yaml:3: unknown setting 'aws:regoin'; did you mean 'aws:region'? (34 others)",
        "Pulumi.dev.yaml:6: groundwork:profile is 'big'; valid: dev, local, prod, staging",
    )


def test_the_settings_of_aws_are_those_of_the_provider() -> None:
    """Read from the SDK's own module, without importing all of it."""
    spec = importlib.util.find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "config" / "vars.py").read_text(encoding="utf-8")
    assert set(re.findall(r"__config__\.get\w*\('(\w+)'\)", text)) == AWS_SETTINGS


def test_a_region_and_an_account_are_such_as_there_are(tmp_path: Path) -> None:
    text = """
config:
  aws:region: eu-west-11
  aws:allowedAccountIds: ["11112222333"]
  groundwork:environment: dev
  groundwork:components: {s3: {}}
"""
    region, account = _problems(tmp_path, text)
    assert region == "Pulumi.dev.yaml:3: aws:region is 'eu-west-11'; did you mean 'eu-west-1'? (47 others)"
    assert account == "Pulumi.dev.yaml:4: aws:allowedAccountIds: '11112222333' is no account: twelve digits"


@pytest.mark.parametrize(
    ("environment", "profile", "problem"),
    [
        ("lab", "big", "Pulumi.dev.yaml:3: groundwork:profile is 'big'; valid: dev, local, prod, staging"),
        (
            "Lab_1",
            "dev",
            "Pulumi.dev.yaml:2: 'Lab_1' is no name for an environment: lower case letters, digits, hyphens; 20 at most",
        ),
        ("prod", "dev", "Pulumi.dev.yaml:3: the environment prod has the profile of its name, not dev"),
    ],
)
def test_an_environment_of_another_name_takes_a_profile(
    tmp_path: Path, environment: str, profile: str, problem: str
) -> None:
    """A second production, or a laboratory, has the defaults of the profile that it names."""
    text = "config:\n  groundwork:environment: {}\n  groundwork:profile: {}\n  groundwork:components: {{s3: {{}}}}\n"
    assert _problems(tmp_path, text.format(environment, profile)) == (problem,)
    path = tmp_path / "Pulumi.lab.yaml"
    path.write_text(text.format("lab", "prod"), encoding="utf-8")
    stack = read_stack(path)
    assert stack.environment == "lab"
    assert stack.profile.protect


def test_an_environment_is_required(tmp_path: Path) -> None:
    """By its absence, not as the name None; a profile alone does not say it either."""
    told = (
        "Pulumi.dev.yaml:1: groundwork:environment is required: one of dev, local, prod, staging, "
        "or any name beside a groundwork:profile",
    )
    assert _problems(tmp_path, "config:\n  groundwork:components: {s3: {}}\n") == told
    assert _problems(tmp_path, "config:\n  groundwork:profile: dev\n  groundwork:components: {s3: {}}\n") == told


def test_a_stack_needs_components(tmp_path: Path) -> None:
    assert _problems(tmp_path, "config:\n  groundwork:environment: dev\n") == (
        "Pulumi.dev.yaml:1: groundwork:components is required: a map of at least one component",
    )


def test_stacks_come_after_those_they_import(project: Make) -> None:
    made = project(apps={"lamp": {}, "imports": ["base"]}, base={"grid": {}}, other={"grid": {}, "environment": "prod"})
    assert [stack.name for stack in made.environment("dev")] == ["base", "apps"]
    assert [stack.name for stack in made.environment("apps")] == ["base", "apps"]
    assert [stack.name for stack in made.environment("prod")] == ["other"]


def test_an_unknown_environment_lists_the_valid(project: Make) -> None:
    with pytest.raises(StackError, match=r"^- no environment or stack 'prd'; did you mean 'prod'\? valid: prod, top$"):
        project(top={"grid": {}, "environment": "prod"}).environment("prd")


_DEFECTS = {
    "config:\n": "1: `config:` is required, and a map",
    "config: {a\n": "2: not YAML: expected ',' or '}', but got '<stream end>'",
    "config:\n\tgroundwork:environment: acme\n": "2: not YAML: a tab: indent with spaces",
    "config: {}\nconfig: {}\n": "2: key 'config' is there twice",
    "config:\n  groundwork:environment: acme-dev\n  groundwork:components: {s3: {}}\n": (
        "2: groundwork:environment is 'acme-dev'; valid: dev, local, prod, staging, or any name beside a "
        "groundwork:profile"
    ),
    "config:\n  aws:region: eu-west-11\n  groundwork:environment: dev\n  groundwork:components: {s3: {}}\n": (
        "2: aws:region is 'eu-west-11'; did you mean 'eu-west-1'? (47 others)"
    ),
}


@pytest.mark.parametrize("text", list(_DEFECTS))
def test_a_file_that_cannot_be_read_is_told_by_every_way_to_it(project: Make, text: str) -> None:
    """What is done to an environment as a whole never says of a broken file that there is no such environment."""
    made = project(dev={"grid": {}})
    (made.root / "stacks" / "Pulumi.acme-dev.yaml").write_text(text)
    made = Project(made.name, made.root)
    for ask in (made.environment, lambda name: made.whole(name, "estimate")):
        with pytest.raises(StackError) as error:
            ask("acme-dev")
        assert error.value.problems == (f"Pulumi.acme-dev.yaml:{_DEFECTS[text]}",)


@pytest.mark.parametrize("broken", ["config:\n  groundwork:environment: prod\n  oops: 1\n", "config:\n"])
def test_an_environment_is_never_without_the_file_that_cannot_be_read(project: Make, broken: str) -> None:
    """By its words it is of prod, or else by its name; of another environment it is in nobody's way."""
    made = project(dev={"grid": {}}, base={"grid": {}, "environment": "prod"})
    (made.root / "stacks" / "Pulumi.prod-late.yaml").write_text(broken)
    made = Project(made.name, made.root)
    assert [stack.name for stack in made.whole("dev", "estimate")] == ["dev"]
    for ask in (made.environment, lambda name: made.whole(name, "destroy")):
        with pytest.raises(StackError, match=r"^- Pulumi\.prod-late\.yaml:"):
            ask("prod")


def test_what_is_no_environment_is_nothing_to_do_as_a_whole(project: Make) -> None:
    with pytest.raises(StackError) as error:
        project(top={"grid": {}, "environment": "prod"}).whole("top", "estimate")
    assert error.value.problems == ("no environment 'top' to estimate as a whole; valid: prod",)


def test_two_stacks_of_one_environment_share_no_key(project: Make) -> None:
    """What they make would have the same names; what is there already, both may name."""
    made = project(a={"grid": {}, "existing-grid": {}}, b={"grid": {}, "existing-grid": {}})
    for name in ("dev", "b"):
        with pytest.raises(StackError) as error:
            made.environment(name)
        assert error.value.problems == (
            "Pulumi.b.yaml:4: grid is in Pulumi.a.yaml:4 too, of the same environment dev: keep one, and import its "
            "stack; or give one of them another key",
        )


def test_a_component_beside_its_table_is_told_where_it_goes(tmp_path: Path) -> None:
    text = "config:\n  groundwork:environment: dev\n  groundwork:components:\n  eks: {}\n"
    assert _problems(tmp_path, text) == (
        "Pulumi.dev.yaml:4: unknown setting 'eks'; components stand under groundwork:components, further in",
        "Pulumi.dev.yaml:3: groundwork:components is required: a map of at least one component",
    )


def test_imports_that_cannot_be(project: Make) -> None:
    made = project(dev={"lamp": {}, "imports": ["nowhere", "dev", "live"]}, live={"grid": {}, "environment": "prod"})
    with pytest.raises(StackError) as error:
        made.imports_of(made.stack("dev"))
    assert set(error.value.problems) == {
        "Pulumi.dev.yaml:5: imports 'nowhere': no such stack; valid: live",
        "Pulumi.dev.yaml:5: stacks import each other in a circle: dev, dev",
        "Pulumi.dev.yaml:5: imports live, which is of the environment prod, not dev",
    }


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"is no Groundwork project: it has no Pulumi\.yaml"):
        load_project(tmp_path)
