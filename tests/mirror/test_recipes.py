"""The recipes of the catalogue's charts fit what the catalogue says, and what upstream has."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.mirror.build import build
from groundwork.mirror.recipe import FOLDER, read_recipe, recipe_file
from groundwork.mirror.tools import Programs

ROOT = Path(__file__).parents[2]
CHARTS = load_catalogue(ROOT).charts
BUILT = sorted(key for key, entry in CHARTS.items() if entry.repository is None)

SOURCES = "GROUNDWORK_TEST_GIT"
"""`URL=FOLDER` for each repository, with spaces between: clones that have the tags."""


@pytest.mark.parametrize("key", BUILT)
def test_what_upstream_does_not_ship_is_built_of_what_the_catalogue_names(key: str) -> None:
    entry = CHARTS[key]
    recipe = read_recipe(recipe_file(ROOT, entry.chart))
    source = str(entry.source)
    assert source.startswith(f"{recipe.repository.removeprefix('https://')} at {recipe.ref}: ")
    assert [folder for folder in recipe.folders if folder not in source] == []


def test_every_recipe_can_be_read() -> None:
    names = [file.stem for file in (ROOT / FOLDER).glob("*.yaml")]
    assert [name for name in names if not read_recipe(recipe_file(ROOT, name)).folders] == []


@pytest.mark.parametrize("key", BUILT)
def test_a_recipe_gives_the_archive_of_the_catalogue(key: str, programs: Programs) -> None:
    given = os.environ.get(SOURCES, "")
    entry = CHARTS[key]
    recipe = read_recipe(recipe_file(ROOT, entry.chart))
    if recipe.repository not in given:
        pytest.skip(f"{SOURCES} names no clone of {recipe.repository}")
    local = {address: Path(folder) for address, _, folder in (each.partition("=") for each in given.split())}
    assert f"sha256:{sha256(build(entry, recipe, replace(programs, local=local))).hexdigest()}" == entry.digest
