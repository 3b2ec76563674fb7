"""Budgets."""

from __future__ import annotations

import datetime
from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Path, Read, Resource, declare, uses
from groundwork.sandbox.standins.values import UNKNOWN

_FORMAT = "%Y-%m-%d_%H:%M"


def _time(value: Any) -> str | None:
    if not value:
        return None
    try:
        return datetime.datetime.strptime(value, _FORMAT).replace(tzinfo=datetime.UTC).isoformat()
    except ValueError:
        return None


def _times(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name in ("timePeriodStart", "timePeriodEnd"):
        value = inputs.get(name)
        if value in (None, UNKNOWN):
            continue
        if _time(value) is None:
            found.append((name, f"{value!r} is not of the form 2026-01-31_00:00"))
    return found


@uses(
    "name",
    "budgetType",
    "timeUnit",
    "limitAmount",
    "limitUnit",
    "costFilters",
    "costTypes",
    "timePeriodStart",
    "timePeriodEnd",
)
def _budget(env: dict[str, Any]) -> dict[str, Any] | None:
    limit = {"Amount": env.get("limitAmount"), "Unit": env.get("limitUnit")}
    period = {"Start": _time(env.get("timePeriodStart")), "End": _time(env.get("timePeriodEnd"))}
    whole = {
        "BudgetName": env.get("name"),
        "BudgetType": env.get("budgetType"),
        "TimeUnit": env.get("timeUnit"),
        "BudgetLimit": limit if env.get("limitAmount") is not None else None,
        "CostTypes": env.get("costTypes"),
        "CostFilters": {item["name"]: item["values"] for item in env.get("costFilters") or []} or None,
        "TimePeriod": {k: v for k, v in period.items() if v} or None,
    }
    return {name: value for name, value in whole.items() if value is not None}


@uses("notifications")
def _notifications(env: dict[str, Any]) -> Any:
    names = ("comparisonOperator", "notificationType", "threshold", "thresholdType")
    return [
        {
            "Notification": {name: item.get(name) for name in names},
            "Subscribers": [
                *(_to("EMAIL", address) for address in item.get("subscriberEmailAddresses") or []),
                *(_to("SNS", topic) for topic in item.get("subscriberSnsTopicArns") or []),
            ],
        }
        for item in env.get("notifications") or []
    ] or None


def _to(kind: str, address: str) -> dict[str, str]:
    return {"SubscriptionType": kind, "Address": address}


_BUDGET = {"AccountId": "{account}", "BudgetName": "{name}"}
declare(
    Resource(
        "aws:budgets/budget:Budget",
        service="budgets",
        create=Call(
            "create_budget",
            {
                "AccountId": "{account}",
                "Budget": _budget,
                "NotificationsWithSubscribers": _notifications,
            },
        ),
        id="{account}:{name}",
        names={"name": "BudgetName"},
        autoname="name",
        autoname_limit=100,
        steers=("accountId",),
        update=(Call("update_budget", {"AccountId": "{account}", "NewBudget": _budget}),),
        read=Read(
            "describe_budget",
            _BUDGET,
            "Budget.{BudgetName: BudgetName, Limit: BudgetLimit, BudgetType: BudgetType, TimeUnit: TimeUnit}",
        ),
        outputs={"limitAmount": Path("Limit.Amount"), "limitUnit": Path("Limit.Unit")},
        delete=(Call("delete_budget", _BUDGET),),
        arn="arn:{partition}:budgets::{account}:budget/{name}",
        imports=r"\d+:(?P<name>.+)",
        checks=(_times,),
    )
)
