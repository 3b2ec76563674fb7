from __future__ import annotations

import datetime
import io
import re
from typing import Any

from rich.console import Console

from groundwork.core.catalogue import Chart
from groundwork.policy import EXEMPT
from groundwork.sandbox.engine.events import Diagnostic, Moment, Step, Unjudged, Violation
from groundwork.sandbox.engine.failures import failure
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.finding import Finding, Severity
from groundwork.sandbox.rehearsal.narrator import Phase
from groundwork.sandbox.rehearsal.plan import Plan
from groundwork.sandbox.rehearsal.rehearse import Rehearsal
from groundwork.sandbox.report import parts
from groundwork.sandbox.report.charts import chart_rows
from groundwork.sandbox.report.findings import of_findings
from groundwork.sandbox.report.planned import changes, end
from groundwork.sandbox.report.policies import policy_rows, sentence
from groundwork.sandbox.report.resources import component_rows, remarks
from groundwork.sandbox.report.whole import next_steps, of_plan, of_rehearsal, verdict

BASE = "urn:pulumi:dev::demo::"
STACK = f"{BASE}pulumi:pulumi:Stack::demo-dev"
EKS = f"{BASE}groundwork:component:Eks::eks"
RELEASE = "kubernetes:helm.sh/v3:Release"


def text(renderable: Any) -> str:
    file = io.StringIO()
    Console(file=file, width=100).print(renderable)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def resource(kind: str, name: str, parent: str = STACK, custom: bool = True) -> dict[str, Any]:
    return {"urn": f"{BASE}{kind}::{name}", "type": kind, "parent": parent, "custom": custom}


RESOURCES = {
    "dev": [
        {"urn": STACK, "type": "pulumi:pulumi:Stack", "custom": False},
        resource("groundwork:component:Eks", "eks", custom=False),
        resource("demo:index:Inner", "inner", EKS, custom=False),
        resource("aws:eks/cluster:Cluster", "eks-cluster", f"{BASE}demo:index:Inner::inner"),
        resource("aws:eks/addon:Addon", "eks-dns", EKS),
        resource("aws:eks/addon:Addon", "eks-cni", EKS),
        resource("pulumi:providers:aws", "default"),
        resource("random:index/randomPassword:RandomPassword", "password", EKS),
        resource(RELEASE, "alone"),
    ]
}
MARKS = {
    f"{BASE}aws:eks/cluster:Cluster::eks-cluster": {"mark": "executed", "reason": "on moto", "notes": ["may replace"]},
    f"{BASE}aws:eks/addon:Addon::eks-dns": {"mark": "recorded", "reason": "moto has no addons", "notes": []},
    f"{BASE}aws:eks/addon:Addon::eks-cni": {"mark": "recorded", "reason": "moto has no addons", "notes": []},
    f"{BASE}{RELEASE}::alone": {"mark": "double", "reason": "in no mirror", "notes": []},
}


def test_resources_are_counted_under_the_topmost_component() -> None:
    rows = {row.component: dict(row.counts) for row in component_rows(RESOURCES, MARKS)}
    assert rows == {"eks": {"executed": 2, "recorded": 2}, "(none)": {"double": 1}}


def test_what_a_standin_said_nothing_of_is_never_called_executed() -> None:
    assert component_rows({"dev": [resource("aws:x/y:Z", "z")]}, {})[0].counts == {"recorded": 1}


def test_the_same_remark_of_many_resources_is_one() -> None:
    told = {(r.mark, r.what): (r.names, r.reason) for r in remarks(RESOURCES, MARKS)}
    assert told == {
        ("recorded", "Addon"): (("eks-dns", "eks-cni"), "moto has no addons"),
        ("double", "Release"): (("alone",), "in no mirror"),
        ("executed", "Cluster"): (("eks-cluster",), "may replace"),
    }


def test_the_charts_that_were_installed_are_told_with_their_notes() -> None:
    facts = {"app_version": "1", "licence": "AGPL-3.0", "repository": "https://example.com", "note": "It ends soon."}
    end = datetime.date(2026, 11, 30)
    charts = {
        "first": Chart(chart="one", version="1.0.0", end_of_life=end, **facts),
        "second": Chart(chart="two", version="2.0.0", **facts),
        "unused": Chart(chart="three", version="3.0.0", **facts),
        "newer": Chart(chart="two", version="2.1.0", **facts),
    }
    inputs = [
        {"chart": "oci://example.com/charts/one", "version": "1.0.0"},
        {"chart": "/mirror/two-2.0.0.tgz", "version": "2.0.0"},
    ]
    releases = [{**resource(RELEASE, str(number)), "inputs": each} for number, each in enumerate(inputs)]
    rows = chart_rows({"dev": releases}, charts, datetime.date(2026, 11, 30))
    assert [(row.key, row.end_of_life) for row in rows] == [("first", "2026-11-30"), ("second", "")]
    shown = text(parts.charts(rows))
    assert re.search(r"first +1\.0\.0 +AGPL-3\.0 +2026-11-30", shown)
    assert "first, second: It ends soon." in shown
    over = text(parts.charts(chart_rows({"dev": releases}, charts, datetime.date(2026, 12, 1))))
    assert re.search(r"first +1\.0\.0 +AGPL-3\.0 +ended 2026-11-30\n", over)


def violation(level: str, policy: str = "no-queues") -> Violation:
    return Violation("pack", policy, level, "wrong", f"{BASE}aws:sqs/queue:Queue::q")


def test_broken_policies_come_first_mandatory_ones_before() -> None:
    outcome = Outcome(violations=[violation("advisory", "b"), violation("mandatory", "c")])
    outcome.checked.update({"pack/a": 3, "pack/b": 3, "pack/c": 1})
    outcome.add(Unjudged("pack", "a", f"{BASE}aws:iam/rolePolicy:RolePolicy::r", "policy"), 1.0)
    rows = policy_rows([outcome])
    assert [(row.policy, row.checked, len(row.violations)) for row in rows] == [
        ("pack/c", 1, 1),
        ("pack/b", 3, 1),
        ("pack/a", 2, 0),
    ]
    shown = text(parts.policies(rows))
    assert "mandatory   Queue q: wrong" in shown
    assert re.search(r"b +3 +1 broken", shown)
    assert re.search(r"a +2 +kept, 1 not decidable at preview, judged in an up: policy of RolePolicy r", shown)


def test_what_somebody_took_on_is_kept_but_for_that() -> None:
    taken = [Violation("pack", "a", "advisory", f"wrong {EXEMPT}2027-01-01, ada: because)", "") for _ in range(3)]
    outcome = Outcome(violations=taken)
    outcome.checked.update({"pack/a": 1})
    assert re.search(r"a +1 +kept, 3 exempt", text(parts.policies(policy_rows([outcome]))))


def test_what_was_judged_of_nothing_is_not_called_kept() -> None:
    outcome = Outcome()
    outcome.checked.update({"pack/a": 1})
    outcome.add(Unjudged("pack", "a", "", "spec.x"), 1.0)
    shown = text(parts.policies(policy_rows([outcome])))
    assert re.search(r"a +0 +1 not decidable at preview, judged in an up: spec.x of the stack", shown)
    assert "kept" not in shown.partition("spec.x")[0]
    assert "1 verdict not decidable at preview: judged in an up." in [text(line) for line in end([outcome], 1.0)]


def test_a_violation_names_its_object_once_and_as_exemptions_do() -> None:
    def said(urn: str, message: str) -> str:
        return sentence(Violation("pack", "a", "advisory", message, f"{BASE}{urn}"))

    queue = "aws:sqs/queue:Queue::q"
    assert said(queue, "Queue q: is open") == "Queue q: is open"
    assert said(queue, "dev: costs too much") == "Queue q: dev: costs too much"
    web = "kubernetes:apps/v1:Deployment::lab-web"
    assert said(web, "Deployment lab/web: has no probe") == "Deployment lab/web: has no probe"
    assert said("pulumi:pulumi:Stack::groundwork-dev", "exemptions.yaml: ended") == "exemptions.yaml: ended"


def test_no_part_of_a_remedy_is_cut_off() -> None:
    key = "securityContext.allowPrivilegeEscalation" * 3
    found = Violation("pack", "a" * 40, "mandatory", f"Queue q: set {key}", f"{BASE}aws:sqs/queue:Queue::q")
    shown = text(parts.policies(policy_rows([Outcome(violations=[found])])))
    assert "…" not in shown
    assert key in re.sub(r"\s", "", shown)


def test_policies_that_found_nothing_are_counted_in_one_line() -> None:
    outcome = Outcome(violations=[violation("advisory", "b")])
    outcome.checked.update({"pack/a": 1200, "pack/b": 3, "pack/c": 34, "pack/d": 0})
    assert text(parts.policies(policy_rows([outcome]))).endswith(
        "2 others kept, in 1,234 verdicts; 1 had nothing to judge."
    )
    kept = Outcome()
    kept.checked.update({"pack/a": 3})
    assert text(parts.policies(policy_rows([kept]))) == "\nPolicies\n1 rule kept, in 3 verdicts."


def placement(**more: Any) -> dict[str, Any]:
    node = {"name": "n", "pods": ["a/b", "c/d"], "daemons": ["e/f"], "accelerators": {"nvidia.com/gpu": 1}}
    pool = {"name": "gpu", "instance_types": ["g6.xlarge"], "nodes": [node], "minimum": 0, "maximum": 4}
    return {"pools": [pool], **more}


def test_pods_by_pool_and_those_without_a_place() -> None:
    homeless = [{"pod": "x/y", "scheduler": "0/1 nodes fit", "scaler": "pool gpu is full"}]
    shown = text(parts.pods(placement(homeless=homeless)))
    assert "gpu    g6.xlarge       1   0 to 4   1 nvidia.com/gpu      2         1" in shown
    assert "Pod x/y" in shown
    assert "0/1 nodes fit; pool gpu is full" in shown
    assert "Every pod found a place" in text(parts.pods(placement()))
    assert "There are no nodes." in text(parts.pods({"pools": []}))


def test_what_no_pod_tells_of_is_told_too_and_counted_at_the_end() -> None:
    """A pool without accelerators, a volume left behind and a refused write are shown, and only where there are any."""
    facts = placement(
        volumes=[{"kind": "PersistentVolume", "name": "pvc-1", "reason": "its volume is left behind"}],
        refused=[{"kind": "Node", "name": "ip-10-0-0-9", "reason": "invalid label"}],
    )
    facts["pools"][0]["problem"] = "AMI type has no driver"
    shown = text(parts.pods(facts))
    for what, why in (
        ("pool gpu", "AMI type has no driver"),
        ("PersistentVolume pvc-1", "its volume is left behind"),
        ("Node ip-10-0-0-9", "the simulated cluster could not write it: invalid"),
    ):
        assert any(what in line and why in line for line in shown.splitlines()), shown
    assert "3 other things not as they should be." in verdict(Rehearsal("dev", [], placement=facts)).plain
    assert "other things" not in verdict(Rehearsal("dev", [], placement=placement())).plain
    assert "Without a place" not in text(parts.pods(placement()))


def test_the_whole_report_fits_a_hundred_columns_and_names_the_next_commands() -> None:
    rehearsal = Rehearsal(
        "dev",
        [Phase("bring up the sandbox", 3.0, (("control plane", 2.0),)), Phase("up dev", 9.0)],
        outcomes={"dev": Outcome(changes={"create": 5}, violations=[violation("advisory")])},
        resources=RESOURCES,
        marks={**MARKS, f"{BASE}{RELEASE}::alone": {"mark": "double", "reason": "long " * 60, "notes": []}},
        placement=placement(),
        kept_from={"neutralised": {"APIService/v1": ["API v1 at service a/b"]}, "refused": ["kubelet, once"]},
        recovered=["dev: the last run was cut off; its lock is cancelled"],
        seconds=12.0,
    )
    shown = text(of_rehearsal(rehearsal))
    for word in ("Recovered", "APIService/v1", "kubelet, once", "control plane", "groundwork plan dev"):
        assert word in shown
    assert "dev is up: 5 resources, 5 changed, 12 s." in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_failed_rehearsal_ends_with_the_error_and_not_with_the_real_thing() -> None:
    rehearsal = Rehearsal("dev", [], error="The up of dev failed: a resource failed.")
    assert verdict(rehearsal).plain == "The up of dev failed: a resource failed."
    assert "groundwork up" not in text(of_rehearsal(rehearsal))


def test_a_rehearsal_that_a_policy_stopped_says_where_all_of_them_are_told() -> None:
    """The engine stops an update at the first one."""
    stopped = Rehearsal("dev", [], error="refused", outcomes={"dev": Outcome(violations=[violation("mandatory")])})
    assert next_steps(stopped)[0] == ("groundwork plan dev", "all that the policies refuse, at once")
    assert next_steps(Rehearsal("dev", [], error="failed"))[0][0] == "groundwork rehearse dev"


def test_planned_changes_show_replacements_and_deletions_first() -> None:
    def step(op: str, name: str) -> Step:
        return Step(Moment.STARTED, op, f"{BASE}aws:ec2/vpc:Vpc::{name}", "aws:ec2/vpc:Vpc", STACK, ("cidrBlock",))

    steps = [step("create", "c"), step("same", "s"), step("delete", "d"), step("replace", "r")]
    outcome = Outcome(steps={each.urn: each for each in steps})
    assert [line.split()[:3] for line in text(changes(outcome)).splitlines() if "cidr" not in line] == [
        ["replace", "Vpc", "r"],
        ["delete", "Vpc", "d"],
        ["create", "Vpc", "c"],
    ]
    assert "nothing changes" in text(changes(Outcome()))


def test_a_change_is_told_with_the_value_that_was_and_the_one_that_would_be() -> None:
    pool = Step(
        Moment.STARTED,
        "update",
        f"{BASE}aws:eks/nodeGroup:NodeGroup::gpu",
        "aws:eks/nodeGroup:NodeGroup",
        STACK,
        ("scalingConfig.maxSize",),
        inputs={"scalingConfig": {"minSize": 0, "maxSize": 40}},
        old={"scalingConfig": {"minSize": 0, "maxSize": 4}},
    )
    assert text(changes(Outcome(steps={pool.urn: pool}))).split() == (
        ["update", "NodeGroup", "gpu", "scalingConfig.maxSize", "4", "→", "40"]
    )


def test_the_end_of_a_plan_names_what_data_it_loses_and_what_is_only_advice() -> None:
    def lost(op: str, kind: str, name: str, *, retained: bool = False) -> Step:
        return Step(Moment.STARTED, op, f"{BASE}{kind}::{name}", kind, STACK, retained=retained)

    steps = [
        lost("delete", "aws:rds/instance:Instance", "server"),
        lost("replace", "aws:kms/key:Key", "key"),
        lost("delete", "aws:s3/bucket:Bucket", "kept", retained=True),
        lost("delete", "aws:iam/role:Role", "role"),
    ]
    outcome = Outcome(
        changes={"delete": 3, "replace": 1, "same": 7},
        lost={each.urn: each for each in steps},
        approved={steps[1].urn: "approved by ada until 2026-12-01: moved"},
        violations=[violation("advisory", "b"), violation("mandatory", "c")],
    )
    assert [text(line) for line in end([outcome], 26.14)] == [
        "It deletes Instance server, with its databases.",
        "It replaces Key key, with all that it encrypted, approved by ada until 2026-12-01: moved.",
        "Broken, and only advice in this environment: b.",
        "4 changes planned in 26.1 s: 3 delete, 1 replace.",
    ]
    assert [text(line) for line in end([Outcome(changes={"same": 7})], 3.0)] == ["0 changes planned in 3.0 s."]


def test_the_end_of_a_plan_names_the_approvals_that_nothing_uses() -> None:
    """A forgotten one leaves what it names without the engine's protection; one that a stack uses is no such."""
    one, two = Outcome(uses={"a": "absent", "b": "kept", "c": "absent"}), Outcome(uses={"a": "used", "b": "absent"})
    assert [" ".join(text(line).split()) for line in end([one, two], 3.0)] == [
        "B is used by nothing in this plan, and takes the engine's protection off what it names: take it out of "
        "policies/exemptions.yaml once its change is up.",
        "C names nothing that there is: take it out of policies/exemptions.yaml once its change is up.",
        "0 changes planned in 3.0 s.",
    ]


def test_findings_come_worst_first_with_the_command_that_mends_them() -> None:
    shown = text(
        of_findings(
            [
                Finding("sandbox dev", "its servers run", "groundwork down dev", Severity.NOTE),
                Finding("helm 3.22.0", "is missing", "make tools"),
            ]
        )
    )
    assert shown.index("helm 3.22.0") < shown.index("sandbox dev")
    assert "make tools" in shown
    assert shown.endswith("1 to mend.")
    assert "Nothing is missing" in text(of_findings([]))


def test_webhooks_of_one_service_are_one_line() -> None:
    webhooks = [f"webhook {name}.example.com at service a/b" for name in ("one", "two")]
    shown = text(parts.kept_from({"neutralised": {"ValidatingWebhookConfiguration/x": webhooks}, "refused": []}))
    assert "2 webhooks at service a/b" in shown
    assert "one.example.com" not in shown


def test_a_plan_that_was_refused_is_told_without_what_looks_like_one() -> None:
    """The engine makes its providers before the program says a word; that is no change of the stack."""
    provider = Step(Moment.DONE, "create", f"{BASE}pulumi:providers:pulumi::default", "pulumi:providers:pulumi", STACK)
    outcome = Outcome(code=1, changes={"create": 1}, steps={provider.urn: provider}, refused=("Pulumi.dev.yaml:3: no",))
    outcome.checked.update({"pack/no-expired-exemptions": 1})
    error = str(failure("preview of dev", outcome, "/log"))
    made = Plan("dev", [Phase("preview dev", 6.0)], {"dev": outcome}, error)
    assert made.refused
    assert text(of_plan(made)) == "The preview of dev is refused, and nothing was changed:\n- Pulumi.dev.yaml:3: no"


def test_a_plan_against_what_was_lost_says_that_nothing_of_it_is_a_change() -> None:
    """Else a reader believes that the pull request makes everything."""
    queue = Step(Moment.DONE, "create", f"{BASE}aws:sqs/queue:Queue::q", "aws:sqs/queue:Queue", STACK)
    outcomes = {"dev": Outcome(code=0, changes={"create": 1}, steps={queue.urn: queue})}
    shown = text(of_plan(Plan("dev", [], outcomes, anew="the emulated AWS API has ended, and its state with it")))
    assert " ".join(shown.split()).endswith(
        "warning: all is planned as new: the emulated AWS API has ended, and its state with it. `groundwork rehearse "
        "dev` brings it up again, to compare with."
    )


def test_one_stack_that_is_refused_does_not_hide_the_plan_of_another() -> None:
    queue = Step(Moment.DONE, "create", f"{BASE}aws:sqs/queue:Queue::q", "aws:sqs/queue:Queue", STACK)
    outcomes = {"one": Outcome(code=0, steps={queue.urn: queue}), "two": Outcome(code=1, refused=("no",))}
    shown = text(of_plan(Plan("dev", [], outcomes, "two is refused")))
    assert "create  Queue  q" in shown
    assert "Changes of two\n  not known: it is refused" in shown


def _plan(*found: Violation, errors: tuple[str, ...] = ("preview failed",), warnings: tuple[str, ...] = ()) -> Plan:
    urn = f"{BASE}aws:sqs/queue:Queue::q"
    outcome = Outcome(code=255, changes={"create": 1}, violations=list(found))
    outcome.add(Step(Moment.STARTED, "create", urn, "aws:sqs/queue:Queue", STACK), 1.0)
    for severity, messages in (("error", errors), ("warning", warnings)):
        for message in messages:
            outcome.add(Diagnostic(severity, message, urn), 1.0)
    return Plan("dev", [], {"dev": outcome}, str(failure("preview of dev", outcome, "/log")))


def test_a_plan_that_policies_refuse_tells_what_it_costs_and_changes_too() -> None:
    shown = text(of_plan(_plan(violation("mandatory"))))
    assert "Costs nothing that is paid by the month; nothing is up yet.\n1 changes planned" in shown
    assert shown.endswith("Policies refuse the preview of dev:\n- policy no-queues: Queue q: wrong")
    assert "ended early" not in shown


def test_a_plan_that_ended_early_does_not_look_like_a_whole_one() -> None:
    shown = text(of_plan(_plan(violation("mandatory"), errors=("quota exceeded", "stopped: context canceled"))))
    assert "It ended early: neither all changes nor all verdicts are known.\nThe preview of dev failed" in shown
    assert "- Queue q: quota exceeded\n- policy no-queues: Queue q: wrong" in shown
    assert "Costs" not in shown
    assert "context canceled" not in shown


def test_what_the_cluster_says_of_an_object_that_policies_judged_is_not_told_again() -> None:
    def warned(rule: str) -> str:
        return f"Validation failed for ValidatingAdmissionPolicy 'groundwork-{rule}' with binding 'b': {rule}: wrong"

    shown = text(of_plan(_plan(violation("advisory"), errors=(), warnings=(warned("no-queues"), warned("other")))))
    assert "the cluster's admission warns of the same by itself: no-queues" in shown
    assert "other: wrong" in shown
    assert "'groundwork-no-queues'" not in shown
