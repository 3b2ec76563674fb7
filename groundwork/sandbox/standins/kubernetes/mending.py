"""Releases that were interrupted: Helm refuses to touch them until somebody rolls them back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.standins.kubernetes.helm import Helm, HelmError
from groundwork.sandbox.standins.kubernetes.metadata import ObjectId
from groundwork.sandbox.standins.protocol import ProviderError

_INTERRUPTED = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")


@dataclass(frozen=True)
class Pending:
    """A release in the middle of something that nobody is doing any more, as far as the caller knows."""

    namespace: str
    name: str
    status: str


class Mender:
    """Finds interrupted releases and brings them back to where Helm accepts them."""

    def __init__(self, helm: Helm, seconds: float) -> None:
        """Wait at most `seconds` for each step."""
        self._helm = helm
        self._seconds = seconds
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    @contextmanager
    def turn(self, id: ObjectId) -> Iterator[None]:
        """Be alone with a release: a killed engine leaves its requests at work here, and the next one comes soon."""
        with self._lock:
            mine = self._turns.setdefault(str(id), threading.Lock())
        with mine:
            yield

    def pending_releases(self) -> list[Pending]:
        """Return every interrupted release of the cluster, by namespace and name."""
        found = [Pending(str(e["namespace"]), str(e["name"]), str(e["status"])) for e in self._helm.pending()]
        return sorted(found, key=lambda entry: (entry.namespace, entry.name))

    def mend_all(self) -> list[ObjectId]:
        """Cut short what an engine that is gone has Helm still do, mend every interrupted release, and return those.

        Raises:
            ProviderError: Helm cannot do it.
        """
        self._helm.interrupt()
        mended = []
        for each in self.pending_releases():
            id = ObjectId(each.namespace, each.name)
            with self.turn(id):
                self.mend(id)
            mended.append(id)
        return mended

    def mend(self, id: ObjectId) -> dict[str, Any] | None:
        """Roll an interrupted release back, or uninstall it if it never stood; return what is there then.

        Call it in its `turn` only, when no Helm is at work on that release any more.

        Raises:
            ProviderError: Helm cannot do it.
        """
        namespace = id.namespace or "default"
        try:
            live = self._helm.status(id.name, namespace)
            status = str(((live or {}).get("info") or {}).get("status"))
            if status not in _INTERRUPTED:
                return live
            stood = any(e["status"] in ("deployed", "superseded") for e in self._helm.history(id.name, namespace))
            if stood and status != "uninstalling":
                self._helm.rollback(id.name, namespace, self._seconds)
            else:
                self._helm.uninstall(id.name, namespace, wait=True, seconds=self._seconds)
            return self._helm.status(id.name, namespace)
        except HelmError as error:
            raise ProviderError(f"the interrupted Helm release {str(id)!r} could not be mended: {error}") from None

    def remove(self, id: ObjectId) -> None:
        """Uninstall a release that an interrupted run left behind under another name."""
        try:
            self._helm.uninstall(id.name, id.namespace or "default", wait=True, seconds=self._seconds)
        except HelmError as error:
            raise ProviderError(f"the Helm release {str(id)!r} of an earlier run is in the way: {error}") from None
