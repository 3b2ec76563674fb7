"""What an environment costs: every resource is in the sum, or it is said that it is not."""

from __future__ import annotations

import io
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from groundwork.core.errors import StackError
from groundwork.data.instance_types import AS_OF as MACHINES_AS_OF
from groundwork.preview.command import as_json
from groundwork.preview.cost import Paid, estimate
from groundwork.preview.prices import AS_OF, own_prices, parse, unknown
from groundwork.preview.show import of_estimate, summary
from groundwork.real.preflight.needs import needs_of
from groundwork.testing import record
from tests.environments import recorded

PRICES = parse("item,unit,usd\nm7i.large,hour,0.1\ngp3,gib-month,0.1\nkms-key,month,1\n", "prices.csv")


def group(**inputs: Any) -> Paid:
    given = {"instanceTypes": ["m7i.large"], "scalingConfig": {"minSize": 1, "maxSize": 3}, **inputs}
    return Paid("aws:eks/nodeGroup:NodeGroup", "general", given)


TEMPLATE = Paid(
    "aws:ec2/launchTemplate:LaunchTemplate", "general", {"blockDeviceMappings": [{"ebs": {"volumeSize": 50}}]}
)


def test_a_pool_costs_from_its_minimum_to_its_maximum_with_its_disks() -> None:
    found = estimate([group(), TEMPLATE], PRICES)
    assert (found.least, found.most) == pytest.approx((1 * 73 + 5, 3 * 73 + 15))
    assert summary(found) == "78 to 234 USD a month, with the pools at minimum and at maximum"


def test_a_pool_of_karpenters_is_counted_as_the_dearest_that_it_may_become() -> None:
    """Read from what the platform really makes of such a pool."""
    stack = {
        "network": {},
        "eks": {},
        "karpenter": {},
        "pools": {
            "provisioner": "karpenter",
            "general": None,
            "web": {"instanceTypes": ["m6a.xlarge", "m7i.xlarge"], "max": 3, "diskGib": 100},
        },
    }
    prices = own_prices()
    graph = record(stack)
    lines = {line.item: line for line in estimate(graph, prices).lines if "web" in line.resource}
    assert lines["m7i.xlarge"].least == 0
    assert lines["m7i.xlarge"].most == pytest.approx(3 * prices["m7i.xlarge"].monthly)
    assert lines["gp3"].most_count == 300
    (machines,) = [each for each in needs_of(graph).machines if "web" in each.pool]
    assert (machines.types, machines.most) == (("m6a.xlarge", "m7i.xlarge"), 3)


def test_spot_is_counted_as_what_it_costs_at_most() -> None:
    (line,) = estimate([group(capacityType="SPOT")], PRICES).lines
    assert line.most == pytest.approx(219)
    assert line.note == "spot: what it costs on demand"


def test_machines_of_a_capacity_block_are_paid_in_advance_and_their_disks_are_not() -> None:
    """Read from what the platform really makes of such a pool: its node group names no type."""
    reservation = {"id": "cr-0a1", "zone": "eu-west-1a", "instanceType": "p5.48xlarge", "count": 2}
    pools: dict[str, Any] = {
        name: {"instanceTypes": ["p5.48xlarge"], "max": 2, "reservation": {**reservation, **more}}
        for name, more in (("block", {"blockEnds": "2999-01-31T11:30:00Z"}), ("odcr", {}))
    }
    for provisioner in ("nodeGroups", "karpenter"):
        stack: dict[str, Any] = {"network": {}, "eks": {}, "pools": {**pools, "provisioner": provisioner}}
        graph = record(stack | ({"karpenter": {}} if provisioner == "karpenter" else {}))
        prices = own_prices()
        lines = {(line.resource, line.item): line for line in estimate(graph, prices).lines}
        block, odcr = lines["pools-block", "p5.48xlarge"], lines["pools-odcr", "p5.48xlarge"]
        by = "by Karpenter; " if provisioner == "karpenter" else ""
        assert (block.most, block.note) == (0, f"{by}paid in advance, with its capacity block")
        assert odcr.most == pytest.approx(2 * prices["p5.48xlarge"].monthly)
        assert odcr.note == f"{by}reserved: paid for whether its nodes are there or not"
        assert lines["pools-block", "gp3"].most_count == 400


def test_what_has_no_price_is_told_and_not_left_out() -> None:
    unknown = Paid("aws:quantum/device:Device", "q", {})
    found = estimate([group(instanceTypes=["x9.huge"]), unknown, Paid("aws:s3/bucket:Bucket", "b", {})], PRICES)
    assert found.unpriced == [
        "general: the table has no price of x9.huge",
        "q: nothing is known of what a aws:quantum/device:Device costs",
    ]
    assert as_json(found)["byUse"] == {"Bucket": {"resources": 1, "paidBy": "by what is stored and asked for"}}


def test_a_second_server_and_storage_that_grows_are_paid_for() -> None:
    inputs = {"instanceClass": "db.t4g.medium", "multiAz": True, "allocatedStorage": 100, "maxAllocatedStorage": 500}
    found = estimate([Paid("aws:rds/instance:Instance", "db", inputs)], own_prices())
    assert (found.least, found.most) == pytest.approx((2 * 0.065 * 730 + 200 * 0.115, 2 * 0.065 * 730 + 1000 * 0.115))


def test_all_of_everything_has_a_price_or_a_reason_for_none() -> None:
    """A new type has to say what it costs before it gets in."""
    found = estimate(recorded("everything"), own_prices())
    assert found.unpriced == []
    assert 0 < found.least < found.most


def test_a_users_prices_come_first(tmp_path: Path) -> None:
    table = tmp_path / "ours.csv"
    table.write_text("item,unit,usd\n# negotiated\nkms-key,month,0.5\n")
    prices = own_prices(table)
    assert prices["kms-key"].monthly == 0.5
    assert prices["eks-cluster"].monthly == pytest.approx(73)
    assert prices["g6.xlarge"].unit == "hour"


def test_every_mistake_in_a_table_is_told_at_once() -> None:
    with pytest.raises(StackError) as error:
        parse("item,unit,usd\na,day,1\nb,hour,free\nc,hour,1\nc,hour,2\nd,hour,-1\n", "ours.csv")
    assert list(error.value.problems) == [
        "ours.csv:2: a: no unit 'day'; valid: hour, zone-hour, month, gib-month",
        "ours.csv:3: b: 'free' is no price, such as 0.045",
        "ours.csv:5: c is there twice",
        "ours.csv:6: d: '-1' is no price, such as 0.045",
    ]
    with pytest.raises(StackError, match=r"ours\.csv: the first line must be item,unit,usd \(got 'price'\)"):
        parse("price\n1\n", "ours.csv")
    with pytest.raises(StackError, match=r"nowhere\.csv: the table of prices cannot be read"):
        own_prices(Path("nowhere.csv"))


def _shown(**about: Any) -> str:
    printed = io.StringIO()
    Console(width=400, file=printed).print(of_estimate("dev", estimate([group()], PRICES), **about))
    return printed.getvalue()


def test_a_users_price_of_nothing_is_told(tmp_path: Path) -> None:
    """A misspelt name would leave the platform's own price where the user's was meant."""
    table = tmp_path / "own.csv"
    table.write_text("item,unit,usd\nm7i.lrage,hour,0.1\nm9x.large,hour,0.1\nkms-key,month,1\n")
    (told,) = unknown(table, {"m9x.large"})
    assert told.startswith(f"{table}: m7i.lrage is the price of nothing in this environment, nor of anything known; ")
    assert "m7i.large" in told


def test_a_users_price_by_another_measure_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("item,unit,usd\ngp3,hour,0.08\nm7i.large,month,60\n")
    with pytest.raises(StackError) as refused:
        own_prices(table)
    assert refused.value.problems == (f"{table}: gp3: by hour, and it is counted by gib-month",)


def test_whose_prices_they_are_stands_before_them() -> None:
    """One table, whatever region the environment is in; and when it was read, as the table of sources says."""
    before = f"on demand in us-east-1 (machines as of {MACHINES_AS_OF}, all else as of {AS_OF}), before tax, discounts "
    first = _shown(regions=["eu-west-1"]).splitlines()[0]
    assert first == (
        f"dev: US dollars a month, {before}and traffic. eu-west-1 differs: `--prices FILE` takes your own."
    )
    assert _shown(regions=["us-east-1"]).splitlines()[0].endswith("and traffic. `--prices FILE` takes your own.")
    own = _shown(own=Path("ours.csv")).splitlines()[0]
    assert own == f"dev: US dollars a month, by ours.csv, and for what is not in it {before}and traffic."
    sources = (files("groundwork.data") / "README.md").read_text(encoding="utf-8")
    assert all(f"on {date}" in sources for date in (AS_OF, MACHINES_AS_OF))


def test_the_sum_of_all_stacks_is_held_against_the_budget() -> None:
    """A plan's rule sees one stack of an environment: the whole is judged where the whole is known."""
    found = estimate([group()], PRICES)
    assert found.least < found.most
    over = "warning: with the pools at {} that is over its budget of {:,.0f} (`budget.monthlyUsd`)"
    assert _shown(budget=found.most).splitlines()[-1] == f"That is within its budget of {found.most:,.0f}."
    assert _shown(budget=found.most - 1).splitlines()[-1] == over.format("maximum", found.most - 1)
    assert _shown(budget=found.least - 1).splitlines()[-1] == over.format("minimum", found.least - 1)
    assert "budget" not in _shown()


def test_what_has_no_price_is_a_warning() -> None:
    assert "warning: not in the sum: general: the table has no price of gp3" in _shown_without_disks()


def _shown_without_disks() -> str:
    printed = io.StringIO()
    few = parse("item,unit,usd\nm7i.large,hour,0.1\n", "prices.csv")
    Console(width=400, file=printed).print(of_estimate("dev", estimate([group(), TEMPLATE], few)))
    return printed.getvalue()
