"""What is newer in the repositories than in the catalogue."""

from __future__ import annotations

import datetime
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import yaml

from groundwork.core.catalogue import Catalogue, Chart, end_of

_SECONDS = 20.0
_AT_ONCE = 8
_STABLE = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:\+.*)?")


@dataclass(frozen=True)
class Row:
    """One chart of the catalogue.

    Attributes:
        newest: of the repository's stable versions; None where there is no repository, or it is out of reach.
        ends: the end of life in words: that it is over, and until when the chart is kept all the same.
        problem: why the newest is not known, empty where it is.
    """

    key: str
    ours: str
    newest: str | None
    licence: str
    end_of_life: str | None
    tested_on: tuple[str, ...]
    note: str
    ends: str = ""
    problem: str = ""

    @property
    def behind(self) -> bool:
        """Whether the repository has a newer one."""
        return self.newest is not None and _order(self.newest) > _order(self.ours)


class _Unknown(Exception):  # noqa: N818 - why the newest version is not known
    pass


def outdated(catalogue: Catalogue) -> list[Row]:
    """Ask each repository once, several at a time, and compare; one out of reach is told in its rows."""
    repositories = sorted({entry.repository for entry in catalogue.charts.values() if entry.repository})
    indexes = [repository for repository in repositories if not repository.startswith("oci://")]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        read = dict(zip(indexes, pool.map(_index, indexes), strict=True))
        return list(pool.map(lambda key: _row(key, catalogue.charts[key], read), catalogue.charts))


def to_json(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows for machines."""
    return [asdict(row) | {"behind": row.behind} for row in rows]


def _row(key: str, entry: Chart, indexes: Mapping[str, dict[str, list[str]] | _Unknown]) -> Row:
    newest, problem = None, ""
    try:
        newest = _newest(entry, indexes)
    except _Unknown as unknown:
        problem = str(unknown)
    end = entry.end_of_life.isoformat() if entry.end_of_life else None
    ends = end_of(entry, datetime.datetime.now(datetime.UTC).date())
    return Row(key, entry.version, newest, entry.licence, end, entry.tested_on, entry.note or "", ends, problem)


def _newest(entry: Chart, indexes: Mapping[str, dict[str, list[str]] | _Unknown]) -> str:
    if entry.repository is None:
        raise _Unknown(f"upstream ships no chart: look at {(entry.source or '').partition(':')[0]}")
    if entry.repository.startswith("oci://"):
        versions = _tags(entry.repository.removeprefix("oci://"), entry.chart)
    else:
        index = indexes[entry.repository]
        if isinstance(index, _Unknown):
            raise index
        versions = index.get(entry.chart, [])
    stable = [version for version in versions if _STABLE.fullmatch(version)]
    if not stable:
        raise _Unknown(f"{entry.repository} has no stable version of {entry.chart}")
    return max(stable, key=_order)


def _order(version: str) -> tuple[int, ...]:
    found = _STABLE.fullmatch(version)
    return tuple(map(int, found.groups())) if found else (0,)


def _index(repository: str) -> dict[str, list[str]] | _Unknown:
    """Return chart -> versions of an http repository."""
    try:
        content = yaml.load(_get(f"{repository.rstrip('/')}/index.yaml"), Loader=_FAST)  # noqa: S506 - a safe loader
        return {name: [str(e["version"]) for e in entries] for name, entries in content["entries"].items()}
    except _Unknown as unknown:
        return unknown
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return _Unknown(f"{repository}/index.yaml is no index of charts")


_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _tags(place: str, chart: str) -> list[str]:
    """Return the versions of a chart in an OCI registry, all pages of them."""
    registry, _, path = place.partition("/")
    # Registries on the loopback are plain, as Helm and Docker take them.
    scheme = "http" if registry.split(":")[0] in ("127.0.0.1", "localhost") else "https"
    name = f"{path}/{chart}".strip("/")
    url: str | None = f"{scheme}://{registry}/v2/{name}/tags/list?n=1000"
    found: list[str] = []
    token = ""
    while url:
        try:
            with _open(url, token) as answer:
                found += json.loads(answer.read()).get("tags") or []
                link = re.search(r'<([^>]+)>;\s*rel="next"', answer.headers.get("Link") or "")
                url = urljoin(url, link[1]) if link else None
        except urllib.error.HTTPError as error:
            asked = error.headers.get("WWW-Authenticate") or ""
            if error.code != 401 or token or not asked.lower().startswith("bearer"):
                raise _Unknown(f"{registry} answers {error.code} for {name}") from None
            token = _token(dict(re.findall(r'(\w+)="([^"]*)"', asked)))
        except (OSError, ValueError) as error:
            raise _Unknown(f"{registry} is out of reach: {_reason(error)}") from None
    # A registry has no `+` in its tags: Helm writes `_` for it.
    return [tag.replace("_", "+") for tag in found]


def _token(asked: Mapping[str, str]) -> str:
    """Return what a registry gives to anybody who asks for it."""
    query = "&".join(f"{key}={asked[key]}" for key in ("service", "scope") if key in asked)
    return str(json.loads(_get(f"{asked.get('realm', '')}?{query}")).get("token", ""))


def _get(url: str) -> bytes:
    try:
        with _open(url) as answer:
            content: bytes = answer.read()
            return content
    except urllib.error.HTTPError as error:
        raise _Unknown(f"{url} answers {error.code}") from None
    except (OSError, ValueError) as error:
        raise _Unknown(f"{urlsplit(url).netloc} is out of reach: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", error)
    return getattr(cause, "strerror", None) or str(cause)


def _open(url: str, token: str = "") -> Any:
    if urlsplit(url).scheme not in ("http", "https"):
        raise _Unknown(f"{url} is no address of a repository")
    headers = {"User-Agent": "groundwork"} | ({"Authorization": f"Bearer {token}"} if token else {})
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_SECONDS)  # noqa: S310
