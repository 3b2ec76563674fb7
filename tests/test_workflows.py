"""What the workflows do with a plan: run by Node, with GitHub played."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

_WORKFLOWS = Path(__file__).parents[1] / ".github" / "workflows"
_PLAYED = """
const posted = [];
const core = {info: (text) => posted.push({info: text})};
const run = {head_sha: 'abc', head_branch: 'b', head_repository: {owner: {login: 'o'}}};
const context = {repo: {owner: 'o', repo: 'r'}, payload: {workflow_run: run}};
const comments = JSON.parse(process.argv[2]);
const github = {rest: {
  pulls: {list: async () => ({data: [{number: 7, head: {sha: 'abc'}}]})},
  issues: {
    listComments: async () => ({data: comments}),
    createComment: async (what) => posted.push({create: what}),
    updateComment: async (what) => posted.push({update: what}),
  },
}};
"""


def _steps(workflow: str, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((_WORKFLOWS / workflow).read_text())["jobs"][job]["steps"]
    return found


def _posted(folder: Path, plans: dict[str, str], comments: tuple[dict[str, Any], ...] = ()) -> list[dict[str, Any]]:
    (folder / "plans").mkdir()
    for name, text in plans.items():
        (folder / "plans" / name).write_text(text)
    script = next(
        step["with"]["script"] for step in _steps("comment.yml", "comment") if "script" in step.get("with", {})
    )
    played = f"{_PLAYED}(async () => {{ {script} }})().then(() => console.log(JSON.stringify(posted)));"
    (folder / "played.js").write_text(played)
    ran = subprocess.run(
        [str(shutil.which("node")), "played.js", json.dumps(comments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node is there to run the workflow's script")


@needs_node
def test_the_comment_shows_each_result_and_keeps_the_rest_a_click_away(tmp_path: Path) -> None:
    plan = "Changes of dev\n  update  NodeGroup\n\nCosts 5 to 9 USD.\nPolicies refuse the preview of dev:\n- a: wrong\n"
    (made,) = _posted(tmp_path, {"dev.txt": plan, "prod.txt": "Pulumi.prod.yaml:3: no\n", "x.sh": "no plan"})
    body = made["create"]["body"]
    shown, hidden = body.split("<details>", 1)
    assert made["create"]["issue_number"] == 7
    assert "**dev**\n\n```\nCosts 5 to 9 USD.\nPolicies refuse the preview of dev:\n- a: wrong\n```" in shown
    assert "Changes of dev" not in shown
    assert "Changes of dev\n  update  NodeGroup" in hidden
    assert "**prod**\n\n```\nPulumi.prod.yaml:3: no\n```" in hidden
    assert "no plan" not in body


@needs_node
def test_a_plan_stays_text_and_mentions_nobody_and_fits(tmp_path: Path) -> None:
    plan = "@everybody\n````\n**not bold**\n" + "long\n" * 40_000 + "\nCosts nothing."
    mine = {"id": 3, "user": {"type": "Bot"}, "body": "<!-- groundwork-plan -->\nold"}
    (made,) = _posted(tmp_path, {f"{name}.txt": plan for name in ("dev", "local", "prod", "staging")}, (mine,))
    body = made["update"]["body"]
    assert made["update"]["comment_id"] == 3
    assert "@everybody" not in body
    assert "`````\n@\u200beverybody" in body
    assert body.count("cut; the whole plan is in the artifact") == 4
    assert body.count("Costs nothing.") == 4
    assert len(body) < 65_536, "GitHub takes no longer one"


def test_a_change_that_fails_a_test_is_planned_all_the_same() -> None:
    """It fails the tests over our stacks for the very rule that its plan has to name."""
    steps = {step.get("name"): step for step in _steps("preview.yml", "rehearse")}
    condition = steps["Plan every environment against the base"]["if"]
    assert condition == "${{ !cancelled() && github.event_name == 'pull_request' }}"
