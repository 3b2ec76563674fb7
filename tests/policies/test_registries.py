"""The publishers whose images may run are those of the catalogue, and not everybody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from groundwork.core.catalogue import load_catalogue
from policies._registries import ALLOWED
from tests.policies.examples import ROOT

# Parts of charts that no stack of ours switches on.
_OFF = {"docker.io/bitnamilegacy/postgresql"}


def _allowed(image: str) -> bool:
    return any(re.search(pattern, image) for pattern in ALLOWED)


def _inventories() -> list[Path]:
    return sorted((ROOT / "platform" / "inventory").glob("*.json"))


def test_what_the_catalogue_names_may_run() -> None:
    images = [f"{entry.image}:{entry.tag}" for entry in load_catalogue(ROOT).images.values()]
    assert [image for image in images if not _allowed(image)] == []


@pytest.mark.parametrize("path", _inventories(), ids=lambda path: path.stem)
def test_what_charts_run_may_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    images = set(re.findall(r'"image": ?"([^"]+)"', text)) - {"auto"}
    unknown = {image for image in images if not _allowed(image) and image.partition(":")[0] not in _OFF}
    assert unknown == set()


@pytest.mark.parametrize(
    "image",
    [
        "mysqll:8.4",
        "evil/mysql:8.4",
        "docker.io/evil/mysql:8.4",
        "ghcr.io/evil/mlflow:1",
        "ghcr.io.evil.com/mlflow/mlflow:1",
        "registry.k8s.io.evil.com/pause:3",
        "evil.com/registry.k8s.io/pause:3",
        "111122223333.dkr.ecr.evil.com/app:1",
        "xregistryzk8s.io/pause:3",
    ],
)
def test_what_only_looks_like_one_may_not(image: str) -> None:
    assert not _allowed(image)
