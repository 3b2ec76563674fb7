"""The list of images that a registry needs to have: `images.json` says who names each, `images.txt` is for tools."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from groundwork.core.catalogue import Chart, load_catalogue
from groundwork.core.errors import StackError
from groundwork.core.mirror import archive_name
from groundwork.core.project import load_project
from groundwork.mirror.build import LOADER
from groundwork.mirror.images import Found, full, images_of
from groundwork.mirror.tools import Programs, ToolFailed
from groundwork.sandbox.doubles.chart import make_double
from groundwork.sandbox.doubles.switches import read_switches
from groundwork.sandbox.inventory import InventoryError, read_inventory

RELEASE = "kubernetes:helm.sh/v3:Release"
Values = Mapping[str, Any]


@dataclass
class Listing:
    """The images, and what is not sure about them.

    Attributes:
        images: image -> who names it, such as "airflow: container" or "dev: Deployment/minio".
        notes: what was listed from less than the chart with our values, or not at all.
        from_inventories: keys of charts that are not in the mirror: only the images of their containers are known.
    """

    images: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    from_inventories: list[str] = field(default_factory=list)

    def add(self, image: str, who: str) -> None:
        """Note that somebody names an image."""
        self.images.setdefault(full(image), set()).add(who)

    def write(self, folder: Path) -> None:
        """Write both files."""
        plain = {image: sorted(self.images[image]) for image in sorted(self.images)}
        (folder / "images.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
        (folder / "images.txt").write_text("".join(f"{image}\n" for image in plain), encoding="utf-8")


def list_images(root: Path, folder: Path, charts: Mapping[str, Chart], programs: Programs) -> Listing:
    """List the images of the platform: each chart rendered with the values of each environment, and all else.

    A chart that no environment installs is rendered with its defaults; one that is not in the mirror, or that does not
    render, is listed from its inventory, which knows the images of containers only.

    Raises:
        StackError: the catalogue is wrong.
    """
    listing = Listing()
    catalogue = load_catalogue(root)
    for key, image in catalogue.images.items():
        listing.add(image.reference, f"catalogue: {key}")
    given: dict[str, list[Values]] = {}
    for environment, resources in _recorded(root, listing):
        for type_, inputs in resources:
            if type_ == RELEASE:
                name = str(inputs["chart"]).rpartition("/")[2]
                given.setdefault(name.removesuffix(f"-{inputs['version']}.tgz"), []).append(inputs)
            elif type_.startswith("kubernetes:"):
                who = f"{environment}: {inputs.get('kind')}/{(inputs.get('metadata') or {}).get('name')}"
                _take(images_of(inputs), who, listing)
    kubernetes = catalogue.kubernetes[-1]
    for key, entry in charts.items():
        _of_chart(root, folder, key, entry, given.get(entry.chart, []), kubernetes, programs, listing)
    return listing


def _recorded(root: Path, listing: Listing) -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    from groundwork.testing.whole import record_environment

    project = load_project(root)
    for environment in sorted(project.environments):
        try:
            graph = record_environment(project, environment)
        except StackError as error:
            listing.notes += [f"the values of {environment} are not known: {problem}" for problem in error.problems]
            continue
        yield environment, [(resource.type, resource.inputs) for resource in graph]


def _of_chart(
    root: Path,
    folder: Path,
    key: str,
    entry: Chart,
    given: list[Values],
    kubernetes: str,
    programs: Programs,
    listing: Listing,
) -> None:
    archive = folder / archive_name(entry)
    sets = given or [{"name": "release", "namespace": "namespace"}]
    if archive.is_file():
        try:
            for made in _render(archive, sets, kubernetes, root, programs):
                _take(images_of(made), key, listing)
        except ToolFailed as failed:
            listing.notes.append(f"{key}: {archive.name} does not render, so its images are not listed: {failed}")
        if not given:
            listing.notes.append(f"{key}: no stack installs it; its images are those of its defaults")
        return
    try:
        with tempfile.TemporaryDirectory(prefix="groundwork-double-") as place:
            for made in _render(_double(root, entry, Path(place)), sets, kubernetes, root, programs):
                for image in images_of(made):
                    listing.add(image, f"{key}: inventory")
        listing.from_inventories.append(key)
    except (ToolFailed, InventoryError, OSError) as failed:
        listing.notes.append(f"{key}: it is not in the mirror, and without its images in the list: {failed}")


def _double(root: Path, entry: Chart, place: Path) -> Path:
    """Write a chart's double: it makes what our values leave of the inventory."""
    folder = root / "platform" / "inventory"
    inventory = read_inventory(folder / f"{entry.chart}-{entry.version}.json")
    switches = read_switches(folder / f"{entry.chart}-{entry.version}.switches.yaml", inventory)
    return make_double(entry.chart, entry.version, inventory, switches).write(place / "double")


def _render(
    chart: Path, sets: Sequence[Values], kubernetes: str, root: Path, programs: Programs
) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a chart with each set of values."""
    flags = ["--kube-version", f"{kubernetes}.0", "--values", "-"]
    flags += [part for served in _served(root) for part in ("--api-versions", served)]
    for inputs in sets:
        place = ["--namespace", str(inputs["namespace"])]
        values = json.dumps(inputs.get("values") or {})
        printed = programs.run([programs.helm, "template", str(inputs["name"]), chart, *place, *flags], stdin=values)
        yield from (made for made in yaml.load_all(printed, Loader=LOADER) if isinstance(made, dict))


def _served(root: Path) -> list[str]:
    """Return the kinds of our CRDs, `group/version/Kind`: charts ask for some before they make them."""
    found = set()
    for file in (root / "platform" / "crds").glob("*.json"):
        for crd in json.loads(file.read_text(encoding="utf-8")):
            spec = crd["spec"]
            for version in spec["versions"]:
                served = f"{spec['group']}/{version['name']}"
                found |= {served, f"{served}/{spec['names']['kind']}"}
    return sorted(found)


def _take(found: Found, who: str, listing: Listing) -> None:
    for image, places in found.items():
        for place in places:
            listing.add(image, f"{who}: {place}")
