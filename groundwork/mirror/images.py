"""Which images a cluster pulls: those of containers, and those that controllers are told of in other ways."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

# Only what names its registry is an image beyond doubt: `name:1.0` is as often a host and its port. A port alone, or
# a name that only the cluster resolves, is none.
_REFERENCE = re.compile(
    r"(?<![\w./:@-])"
    r"((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d+)?"
    r"(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+"
    r"(?::[A-Za-z0-9_][\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64}))"
    r"(?![\w/:])"
)
_IN_CLUSTER = re.compile(r"^[^/]*\.(svc|local|cluster\.local)(:\d+)?/")
# Istio puts its proxy's image in the place of "auto".
_NO_IMAGE = ("", "auto")
_POD_PARTS = ("containers", "initContainers", "ephemeralContainers")

Found = dict[str, set[str]]


def images_of(made: Mapping[str, Any]) -> Found:
    """Return image -> where an object names it: "container", "environment", "argument", "ConfigMap", "field"."""
    found: Found = {}
    _walk(made, found)
    if made.get("kind") == "ConfigMap":
        for text in (made.get("data") or {}).values():
            _configuration(str(text), found)
    return found


def full(image: str) -> str:
    """Return an image with its registry: `postgres:17` is `docker.io/library/postgres:17`."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def references(text: str) -> Iterator[str]:
    """Yield what can only be an image in a text."""
    for found in _REFERENCE.findall(text):
        if not _IN_CLUSTER.match(found) and not re.search(r":\d{2,5}$", found.partition("/")[0] + "/"):
            yield found


def _walk(node: Any, found: Found) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(item, found)
    if not isinstance(node, Mapping):
        return
    for key, value in node.items():
        if key in _POD_PARTS and isinstance(value, list):
            for container in value:
                _container(container, found)
        elif key == "image" and isinstance(value, str) and _looks_like_one(value):
            _add(found, value, "field")
        else:
            _walk(value, found)


def _container(container: Any, found: Found) -> None:
    if not isinstance(container, Mapping):
        return
    image = container.get("image")
    if isinstance(image, str) and image not in _NO_IMAGE:
        _add(found, image, "container")
    for entry in container.get("env") or ():
        for each in references(str(entry.get("value") or "")):
            _add(found, each, "environment")
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    for before, word in zip(["", *words], words, strict=False):
        for each in references(str(word).rpartition("=")[2] if str(word).startswith("-") else str(word)):
            _add(found, each, "argument")
        if re.fullmatch(r"--?[\w-]*image", str(before)) and _looks_like_one(str(word)):
            _add(found, str(word), "argument")


def _configuration(text: str, found: Found) -> None:
    """Take what a ConfigMap's text names: as a whole, under keys that are called image, and in plain words."""
    for each in references(text):
        _add(found, each, "ConfigMap")
    if "image" not in text.lower():
        return
    try:
        documents = [json.loads(text)] if text.lstrip().startswith("{") else list(yaml.safe_load_all(text))
    except (ValueError, yaml.YAMLError):
        return
    for document in documents:
        for image in _named(document, None):
            _add(found, image, "ConfigMap")


def _named(node: Any, place: tuple[str, str] | None) -> Iterator[str]:
    """Yield what stands under keys that are called image; `place` is the hub and tag that one without both takes."""
    if isinstance(node, Mapping):
        hub, tag = node.get("hub"), node.get("tag")
        # As Istio's injector puts its proxy together.
        place = (hub, str(tag)) if isinstance(hub, str) and hub and tag else place
        for key, value in node.items():
            if not isinstance(value, str):
                yield from _named(value, place)
            elif str(key).lower().endswith("image") and _looks_like_one(value):
                yield value
            elif str(key).lower() == "image" and place and re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
                yield f"{place[0]}/{value}:{place[1]}"
    elif isinstance(node, list):
        for item in node:
            yield from _named(item, place)


def _looks_like_one(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9][\w./:-]*[:@][\w.:-]+", text) is not None and not text.endswith(":")


def _add(found: Found, image: str, where: str) -> None:
    found.setdefault(full(image), set()).add(where)
