"""The one table of third-party versions, read from `platform/catalogue.yaml`."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError

from groundwork.core import yamlfile
from groundwork.core.config import Config, sentences
from groundwork.core.errors import StackError, closest


class Chart(Config):
    """One Helm chart at one version.

    Attributes:
        chart: its name in the repository.
        repository: where Helm finds it: an https or oci address; None where upstream ships kustomize only, and the
            mirror has to have it.
        source: for a chart made in the mirror: the repository, ref and folders that it is built from.
        digest: sha256 of the chart's archive, None where upstream's is not known for sure.
        tested_on: minor versions of Kubernetes that upstream tests it on.
        end_of_life: after this day upstream gives no more fixes, and it is not installed any more.
        keep_until: it may be installed up to this day all the same, for the reason that `note` has to give.
        note: what a reader of a plan has to know: a changed licence, upkeep that ended.
    """

    chart: str
    version: str
    app_version: str
    licence: str
    repository: str | None = None
    source: str | None = None
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    tested_on: tuple[str, ...] = ()
    end_of_life: datetime.date | None = None
    keep_until: datetime.date | None = None
    note: str | None = None


class Image(Config):
    """One container image that the platform itself names."""

    image: str
    tag: str
    licence: str
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    end_of_life: datetime.date | None = None
    keep_until: datetime.date | None = None
    note: str | None = None

    @property
    def reference(self) -> str:
        """The image as a pod names it, with its digest where that is known."""
        return f"{self.image}:{self.tag}" + (f"@{self.digest}" if self.digest else "")


class Definitions(Config):
    """The CRDs of one product at one version: a file under `platform/crds/`."""

    file: str
    version: str
    licence: str
    chart: str | None = None


class NodeImage(Config):
    """The machine image of a cloud's nodes, at one release."""

    version: str = Field(pattern=r"^v\d{8}$")


class Addon(Config):
    """One add-on that a cloud manages, at one version."""

    version: str
    note: str | None = None


class Catalogue(Config):
    """Everything of third parties that this platform installs."""

    charts: dict[str, Chart] = Field(default_factory=dict)
    images: dict[str, Image] = Field(default_factory=dict)
    definitions: dict[str, Definitions] = Field(default_factory=dict)
    managed_addons: dict[str, Addon] = Field(default_factory=dict)
    node_images: dict[str, NodeImage] = Field(default_factory=dict)
    kubernetes: tuple[str, ...] = Field(description="minor versions that all parts were tested on, newest last")

    def chart(self, key: str) -> Chart:
        """Return a chart.

        Raises:
            StackError: where the catalogue does not have it, or has it past its end.
        """
        if key not in self.charts:
            raise StackError([f"the catalogue has no chart {key!r}; {closest(key, self.charts)}"])
        entry = self.charts[key]
        _refuse_past(key, entry.version, entry)
        return entry

    def image(self, key: str) -> str:
        """Return an image's reference.

        Raises:
            StackError: where the catalogue does not have it, or has it past its end.
        """
        if key not in self.images:
            raise StackError([f"the catalogue has no image {key!r}; {closest(key, self.images)}"])
        entry = self.images[key]
        _refuse_past(key, entry.tag, entry)
        return entry.reference

    def expired(self, today: datetime.date) -> list[str]:
        """Return a sentence for each part that is past its end of life."""
        return [_past(key, version, entry) for key, version, entry in self._parts() if _is_past(entry, today)]

    def ending(self, today: datetime.date, days: int = 60) -> list[str]:
        """Return a sentence for each part whose end of life comes within so many days, the nearest first."""
        last = today + datetime.timedelta(days=days)
        ends = [(entry.end_of_life, key, version) for key, version, entry in self._parts() if entry.end_of_life]
        return [
            f"{key}: {version} gets no fixes after {end}, in {(end - today).days} days"
            for end, key, version in sorted(ends)
            if today <= end <= last
        ]

    def _parts(self) -> list[tuple[str, str, Chart | Image]]:
        charts: list[tuple[str, str, Chart | Image]] = [(key, c.version, c) for key, c in self.charts.items()]
        return charts + [(key, image.tag, image) for key, image in self.images.items()]


def end_of(entry: Chart | Image, today: datetime.date) -> str:
    """Return when a part ends, in words where that day is over: since when, and until when it is kept."""
    if entry.end_of_life is None or entry.end_of_life >= today:
        return str(entry.end_of_life or "")
    kept = f", kept until {entry.keep_until}" if entry.keep_until and entry.keep_until >= today else ""
    return f"ended {entry.end_of_life}{kept}"


def _is_past(entry: Chart | Image, today: datetime.date) -> bool:
    return entry.end_of_life is not None and max(entry.end_of_life, entry.keep_until or entry.end_of_life) < today


def _past(key: str, version: str, entry: Chart | Image) -> str:
    return f"{key}: {version} has had no fixes since {entry.end_of_life}"


def _refuse_past(key: str, version: str, entry: Chart | Image) -> None:
    if _is_past(entry, datetime.datetime.now(datetime.UTC).date()):
        remedy = "raise it in platform/catalogue.yaml, or set keepUntil there and say in its note why"
        raise StackError([f"{_past(key, version, entry)}: {remedy}"])


@cache
def load_catalogue(root: Path) -> Catalogue:
    """Read the catalogue of the project in `root`.

    Raises:
        StackError: with everything that is wrong in it.
    """
    document = yamlfile.read(root / "platform" / "catalogue.yaml")
    try:
        return Catalogue.model_validate(document.data or {})
    except ValidationError as error:
        raise StackError(sentences(error, document.path.name, Catalogue)) from None
