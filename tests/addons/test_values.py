"""Every value that we give a chart is one that it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from groundwork.core.profiles import PROFILES
from tests.addons.choices import FREE, Values, choices


def unknown(values: Values, defaults: Values, free: set[str], path: str = "") -> list[str]:
    """Return the keys of `values` that the chart's defaults do not have, outside of free maps."""
    found = []
    for key, value in values.items():
        here = f"{path}{key}"
        if here in free or f"{path}*" in free:
            continue
        if key not in defaults:
            found.append(here)
        elif isinstance(value, Mapping) and isinstance(defaults[key], Mapping) and defaults[key]:
            found += unknown(value, defaults[key], free, f"{here}.")
    return found


CASES = [
    pytest.param(chart, environment, given, id=f"{chart}-{environment}-{index}")
    for environment in ("dev", "prod")
    for chart, given_each in choices(PROFILES[environment]).items()
    for index, given in enumerate(given_each)
]


@pytest.mark.parametrize(("chart", "environment", "given"), CASES)
def test_a_chart_knows_every_value(
    chart: str, environment: str, given: Values, facts: Callable[[str, str], Any]
) -> None:
    """A key that a chart does not know changes nothing and says nothing: it must not be given."""
    defaults = facts(chart, "values.json")
    if defaults is None:
        pytest.skip(f"the mirror of real defaults has no {chart}")
    defaults = defaults.get("_internal_defaults_do_not_set", defaults)
    assert unknown(given, defaults, FREE.get(chart, set())) == []


@pytest.mark.parametrize(("chart", "environment", "given"), CASES)
def test_values_satisfy_the_charts_schema(
    chart: str, environment: str, given: Values, facts: Callable[[str, str], Any]
) -> None:
    """Helm refuses a release whose values break the chart's own schema."""
    schema = facts(chart, "values.schema.json")
    if schema is None:
        pytest.skip(f"{chart} has no schema")
    problems = jsonschema.Draft7Validator(schema).iter_errors(given)
    assert [f"{'.'.join(map(str, p.absolute_path))}: {p.message}" for p in problems] == []


def test_an_unknown_key_is_found() -> None:
    """The check above can fail."""
    assert unknown({"a": {"b": 1, "c": 2}}, {"a": {"b": 0}}, set()) == ["a.c"]


@pytest.mark.parametrize(("chart", "environment", "given"), CASES)
def test_no_chart_installs_crds(chart: str, environment: str, given: Values) -> None:
    """CRDs belong to API components: a chart that removes its CRDs removes everybody's objects with them."""
    switches = {
        "argo-workflows-1.0.18": ("crds", "install"),
        "cert-manager-v1.21.1": ("crds", "enabled"),
        "cloudnative-pg-0.29.0": ("crds", "create"),
        "keda-2.20.2": ("crds", "install"),
        "plugin-barman-cloud-0.7.0": ("crds", "create"),
        "kube-prometheus-stack-88.5.3": ("crds", "enabled"),
        "kubeflow-trainer-2.3.0": ("crds", "enabled"),
    }
    if chart in switches:
        part, key = switches[chart]
        assert given[part][key] is False
    if chart == "external-secrets-2.9.0":
        assert given["installCRDs"] is False


def test_what_one_copy_serves_has_no_disruption_budget() -> None:
    """A budget over a single copy keeps its node from being drained; two copies need one."""
    single = {chart: given[0] for chart, given in choices(PROFILES["dev"]).items()}
    double = {chart: given[0] for chart, given in choices(PROFILES["prod"]).items()}
    assert single["cert-manager-v1.21.1"]["podDisruptionBudget"] == {"enabled": False}
    assert double["cert-manager-v1.21.1"]["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}
    assert single["keda-2.20.2"]["podDisruptionBudget"]["operator"] == {}
    assert double["keda-2.20.2"]["podDisruptionBudget"]["operator"] == {"maxUnavailable": 1}
    assert single["aws-load-balancer-controller-3.5.0"]["replicaCount"] == 1
    assert double["aws-load-balancer-controller-3.5.0"]["replicaCount"] == 2
