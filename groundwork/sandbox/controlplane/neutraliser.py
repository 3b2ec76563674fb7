"""Neutralising whatever turns up in the cluster, as long as the sandbox runs."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from groundwork.sandbox.controlplane.client import ApiError, KubeClient, KubeError
from groundwork.sandbox.controlplane.files import write_private
from groundwork.sandbox.controlplane.neutralise import WEBHOOK_KINDS, neutralise, neutralised_backends

_LOG = logging.getLogger(__name__)
_MANAGER = "groundwork-neutraliser"
_PAUSE_SECONDS = 0.5
_FORGET_SECONDS = 5.0
_KEPT_METADATA = ("name", "labels", "annotations", "ownerReferences", "finalizers")
_DEFINITIONS = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
_WATCHED = (
    *(("admissionregistration.k8s.io/v1", kind) for kind in WEBHOOK_KINDS),
    ("apiregistration.k8s.io/v1", "APIService"),
    _DEFINITIONS,
)


class Neutraliser:
    """Watches webhook configurations, APIServices and CRDs, neutralises them, and keeps the list for the report.

    What a program applies should go through `neutralise` before it is sent, so that there is no moment in which
    it is called; this takes care of the rest, such as what real Helm installs, within milliseconds.
    """

    def __init__(self, client: KubeClient, record_path: Path, served: Collection[str] = ()) -> None:
        """Keep in `record_path` a JSON object: `KIND/NAME` to the list of what would have been called.

        Services in `served` (`namespace/name`) are real and left alone.
        """
        self._client = client
        self._record_path = record_path
        self._served = frozenset(served)
        self._record: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # what one thread exchanges is missing for a moment: another must not miss it
        self._treated: dict[str, tuple[str, int]] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; an API server that is away for a while is waited for."""
        self._save()
        threads = [
            threading.Thread(target=self._follow, args=(*each, stop), name=f"neutralise {each[1]}", daemon=True)
            for each in _WATCHED
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def sweep(self) -> None:
        """Neutralise all there is right now, and return when it is done: whoever calls next must not be too early."""
        for api_version, kind in _WATCHED:
            by_metadata = (api_version, kind) == _DEFINITIONS
            for obj in self._client.list(api_version, kind, metadata_only=by_metadata):
                current: dict[str, Any] | None = obj
                done = self._treat_definition(obj["metadata"]) if by_metadata else self._treat(obj)
                while not done and current is not None:
                    current = self._client.find(api_version, kind, obj["metadata"]["name"])
                    done = current is None or self._treat(current)

    def _follow(self, api_version: str, kind: str, stop: threading.Event) -> None:
        # A CRD is up to a megabyte and changes its status several times: only its metadata is followed.
        metadata_only = (api_version, kind) == _DEFINITIONS
        while not stop.is_set():
            try:
                for event in self._client.watch(api_version, kind, stop=stop, metadata_only=metadata_only):
                    metadata = event.object["metadata"]
                    if event.type == "DELETED":
                        self._note(kind, metadata["name"], [])
                    elif metadata_only:
                        self._treat_definition(metadata)
                    else:
                        self._treat({"apiVersion": api_version, "kind": kind, **event.object})
            except KubeError as error:
                _LOG.warning("following %s: %s", kind, error)
                stop.wait(_PAUSE_SECONDS)

    def _treat_definition(self, metadata: dict[str, Any]) -> bool:
        """Treat a CRD of which only the metadata is known, unless that was done since it changed."""
        name, known = metadata["name"], (metadata["uid"], metadata["generation"])
        if self._treated.get(name) == known:
            return True
        obj = self._client.find(*_DEFINITIONS, name)
        done = obj is None or self._treat(obj)
        if done:
            self._treated[name] = known
        return done

    def _treat(self, obj: dict[str, Any]) -> bool:
        """Return False if somebody else changed the object meanwhile: its event is on the way."""
        changed = neutralise(obj, self._served)
        if changed is not None:
            with self._turn:
                try:
                    obj = self._exchange(changed)
                except ApiError as error:
                    if error.conflict or error.not_found:
                        return False
                    raise
        self._note(obj["kind"], obj["metadata"]["name"], neutralised_backends(obj))
        return True

    def _exchange(self, changed: dict[str, Any]) -> dict[str, Any]:
        if changed["kind"] != "APIService":
            return self._client.replace(changed, field_manager=_MANAGER)
        # An API server that once asked a backend in vain lists its group as stale for as long as the object
        # lives, whatever becomes of its backend; and while a group is stale, no namespace can be deleted.
        metadata = changed["metadata"]
        self._client.delete(changed["apiVersion"], changed["kind"], metadata["name"], uid=metadata["uid"])
        self._await_forgotten(changed["spec"]["group"], changed["spec"]["version"])
        kept = {key: metadata[key] for key in _KEPT_METADATA if key in metadata}
        changed = {**changed, "metadata": kept}
        changed.pop("status", None)
        return self._client.create(changed, field_manager=_MANAGER)

    def _await_forgotten(self, group: str, version: str) -> None:
        deadline = time.monotonic() + _FORGET_SECONDS
        while version in self._client.served_versions(group) and time.monotonic() < deadline:
            time.sleep(0.02)

    def _note(self, kind: str, name: str, backends: list[str]) -> None:
        key = f"{kind}/{name}"
        with self._lock:
            if self._record.get(key, []) == backends:
                return
            if backends:
                self._record[key] = backends
            else:
                self._record.pop(key, None)
        self._save()

    def _save(self) -> None:
        with self._lock:
            write_private(self._record_path, json.dumps(self._record, indent=1, sort_keys=True))
