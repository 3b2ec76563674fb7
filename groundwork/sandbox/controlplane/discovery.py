"""Which kinds the API server serves, and under which path."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.controlplane.errors import ApiError, KindNotServedError

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class ApiResource:
    """One kind as the API server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, name: str | None = None, namespace: str | None = None, subresource: str | None = None) -> str:
        """Return the path of the collection, an object of it, or that object's subresource."""
        root = "/api" if "/" not in self.api_version else "/apis"
        parts = [root, self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part]
        return "/".join(parts)


class Discovery:
    """The kinds by group and version, asked for once and again only for a kind that is not known."""

    def __init__(self, fetch: Callable[[str], Mapping[str, Any]]) -> None:
        """Use `fetch` to read the resource list at a path."""
        self._fetch = fetch
        self._known: dict[str, dict[str, ApiResource]] = {}

    def find(self, api_version: str, kind: str, wait: float = 0.0) -> ApiResource:
        """Return the kind; a new CRD may need a moment, for which to `wait` (seconds).

        Raises:
            KindNotServedError: with what is served instead.
        """
        deadline = time.monotonic() + wait
        found = self._known.get(api_version, {}).get(kind)
        while found is None:
            kinds = self._load(api_version)
            found = kinds.get(kind)
            if found is None:
                if time.monotonic() >= deadline:
                    raise KindNotServedError(api_version, kind, sorted(kinds))
                time.sleep(_POLL_SECONDS)
        return found

    def forget(self, api_version: str) -> None:
        """Ask again next time, since a CRD of that group and version was replaced."""
        self._known.pop(api_version, None)

    def _load(self, api_version: str) -> dict[str, ApiResource]:
        root = "/api" if "/" not in api_version else "/apis"
        try:
            listing = self._fetch(f"{root}/{api_version}")
        except ApiError as error:
            if not error.not_found:
                raise
            listing = {}
        kinds = {
            entry["kind"]: ApiResource(
                api_version=api_version,
                kind=entry["kind"],
                plural=entry["name"],
                namespaced=bool(entry["namespaced"]),
            )
            for entry in listing.get("resources", ())
            if "/" not in entry["name"]
        }
        self._known[api_version] = kinds
        return kinds
