"""What the catalogue names is there, and fits together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from addons._istio_values import CRDS

from groundwork.core.catalogue import load_catalogue
from groundwork.sandbox.doubles.switches import read_switches
from groundwork.sandbox.inventory import read_inventory

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue(ROOT)
INVENTORY = ROOT / "platform" / "inventory"


@pytest.mark.parametrize("key", sorted(CATALOGUE.charts))
def test_every_chart_has_an_inventory(key: str) -> None:
    """Without an inventory there is no double, and the chart could not be rehearsed."""
    entry = CATALOGUE.charts[key]
    inventory = read_inventory(INVENTORY / f"{entry.chart}-{entry.version}.json")
    assert inventory
    assert not [item.name for item in inventory if item.kind == "CustomResourceDefinition"]
    read_switches(INVENTORY / f"{entry.chart}-{entry.version}.switches.yaml", inventory)


@pytest.mark.parametrize("key", sorted(CATALOGUE.charts))
def test_a_chart_comes_from_somewhere(key: str) -> None:
    """A chart has a repository, or the source that a mirror makes it from."""
    entry = CATALOGUE.charts[key]
    assert (entry.repository is None) == (entry.source is not None)


@pytest.mark.parametrize("key", sorted(CATALOGUE.charts))
def test_a_chart_was_tested_on_our_kubernetes(key: str) -> None:
    """Where upstream says what it tests on, it is our version, or the note says how far it is from it."""
    entry = CATALOGUE.charts[key]
    assert not entry.tested_on or set(CATALOGUE.kubernetes) <= set(entry.tested_on) or entry.note


@pytest.mark.parametrize("key", sorted(CATALOGUE.definitions))
def test_definitions_are_crds(key: str) -> None:
    """A file of definitions holds nothing else, each name once."""
    crds = json.loads((ROOT / "platform" / "crds" / CATALOGUE.definitions[key].file).read_text(encoding="utf-8"))
    names = [crd["metadata"]["name"] for crd in crds]
    assert {crd["kind"] for crd in crds} == {"CustomResourceDefinition"}
    assert len(names) == len(set(names))


def test_istios_base_leaves_out_every_crd() -> None:
    """The base chart applies what it is not told to leave out."""
    crds = json.loads((ROOT / "platform" / "crds" / CATALOGUE.definitions["istio"].file).read_text(encoding="utf-8"))
    assert sorted(CRDS) == sorted(crd["metadata"]["name"] for crd in crds)


def test_airflows_image_is_the_charts_version() -> None:
    """The Job that migrates the database must be of the version that runs on it."""
    assert CATALOGUE.images["airflow"].tag == CATALOGUE.charts["airflow"].app_version


def test_every_kubernetes_version_has_its_autoscaler() -> None:
    """An autoscaler fits the cluster of its own minor version."""
    for version in CATALOGUE.kubernetes:
        assert CATALOGUE.images[f"cluster-autoscaler-{version}"].tag.startswith(f"v{version}.")
