"""What is unknown in a plan is unknown to the rules over charts' objects too, and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from groundwork.policy.judge import Undecided
from groundwork.sandbox.engine.events import Moment, Step
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.rehearsal.judged import planned_subjects, verdicts
from groundwork.sandbox.rendered import ChartObjects, Rendered
from tests.policies.examples import judge

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"


def _web(**metadata: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": []}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", **metadata}, "spec": spec}


def test_a_rule_that_the_programs_unknown_hides_is_not_kept_over_a_charts_objects() -> None:
    urn = f"urn:pulumi:dev::demo::{BUDGET}::web"
    inputs = {"metadata": {"name": "web", "namespace": "lab"}, "spec": {"selector": UNKNOWN}}
    outcome = Outcome(steps={urn: Step(Moment.DONE, "create", urn, BUDGET, "", inputs=inputs)})
    chart = ChartObjects("urn", "web", "1.0", False, "lab", [_web()])
    (verdict,) = verdicts(judge(), "dev", [chart], planned_subjects(outcome))
    about = [found for found in verdict.findings if found.rule.id == "copies-have-a-budget"]
    assert [type(found) for found in about] == [Undecided, Undecided]
    hangs = "spec.selector of PodDisruptionBudget lab/web is known only in an update"
    assert [found.said for found in verdict.undecided if found.rule.id == "copies-have-a-budget"] == [
        "PodDisruptionBudget lab/web: not decidable at preview: spec.selector is known only in an update",
        f"Deployment lab/web: not decidable at preview: {hangs}",
    ]


def test_a_typed_lists_items_are_objects_like_any_other(tmp_path: Path) -> None:
    """A RoleList's items need not say their kind, and a rule over Roles would see none of them."""
    role = {"metadata": {"name": "a"}, "rules": []}
    inner = {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Service", "metadata": {}}]}
    given = [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleList", "items": [role]}, inner]
    kept = Rendered(tmp_path)
    kept.keep(ChartObjects("urn", "app", "1.0", False, "ns", given), "live")
    (found,) = kept.of(["urn"], planned=False)
    assert [(each["apiVersion"], each["kind"]) for each in found.objects] == [
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("v1", "Service"),
    ]
