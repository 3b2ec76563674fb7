"""Taking the sting out of what the API server would call, where only a simulated pod stands behind it.

A webhook that cannot be reached refuses every object it watches, an aggregated API that cannot be reached makes
every deletion of a namespace hang, and a conversion webhook makes its objects unreadable. The objects are kept,
so that Helm and the engine find what they made, and changed as little as possible:

- a webhook gets a match condition that is never true, so it is never called;
- an APIService loses its backend, so the API server answers for it: the group is listed and holds nothing;
- a CRD converts between its versions by changing nothing but the version.

All three are marked and can be undone exactly, by `restore`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Mapping
from typing import Any

MARK = "groundwork.sandbox/neutralised"
"""Annotation, or name of a match condition, of what was neutralised."""

WEBHOOK_KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
_NEVER = {"name": MARK, "expression": "false"}
_BACKEND = ("service", "caBundle", "insecureSkipTLSVerify")
Object = dict[str, Any]


def neutralise(obj: Mapping[str, Any], served: Collection[str] = ()) -> Object | None:
    """Return a changed copy of an object that must not be called, or None where there is nothing to change.

    Args:
        obj: any object of Kubernetes; all but webhook configurations, APIServices and CRDs are left alone.
        served: services (`namespace/name`) behind which the sandbox runs the real thing.
    """
    changed = copy.deepcopy(dict(obj))
    match obj.get("kind"):
        case kind if kind in WEBHOOK_KINDS:
            done = [_silence(webhook, served) for webhook in changed.get("webhooks") or ()]
            return changed if any(done) else None
        case "APIService":
            return _detach(changed, served)
        case "CustomResourceDefinition":
            return _plainly_convert(changed, served)
    return None


def restore(obj: Mapping[str, Any]) -> Object:
    """Return the object as it was before `neutralise`: what the program asked for."""
    original = copy.deepcopy(dict(obj))
    if original.get("kind") in WEBHOOK_KINDS:
        for webhook in original.get("webhooks") or ():
            conditions = [each for each in webhook.get("matchConditions") or () if each["name"] != MARK]
            webhook.pop("matchConditions", None)
            if conditions:
                webhook["matchConditions"] = conditions
        return original
    annotations = (original.get("metadata") or {}).get("annotations") or {}
    if MARK in annotations:
        kept = json.loads(annotations.pop(MARK))
        if not annotations:
            del original["metadata"]["annotations"]
        if original.get("kind") == "CustomResourceDefinition":
            original["spec"].pop("conversion", None)
        original["spec"] |= kept
    return original


def neutralised_backends(obj: Mapping[str, Any]) -> list[str]:
    """Return what would have been called, one line each: `webhook NAME at service NAMESPACE/NAME`."""
    if obj.get("kind") in WEBHOOK_KINDS:
        return [
            f"webhook {webhook['name']} at {_target(webhook['clientConfig'])}"
            for webhook in obj.get("webhooks") or ()
            if _silenced(webhook)
        ]
    if MARK not in ((obj.get("metadata") or {}).get("annotations") or {}):
        return []
    spec = restore(obj)["spec"]
    if obj["kind"] == "APIService":
        return [f"API {obj['metadata']['name']} at {_target(spec)}"]
    return [f"conversion of {obj['metadata']['name']} at {_target(spec['conversion']['webhook']['clientConfig'])}"]


def _silence(webhook: Object, served: Collection[str]) -> bool:
    if _silenced(webhook) or _is_served(webhook.get("clientConfig") or {}, served):
        return False
    # First: the API server stops at the first condition that is false, before it evaluates the others.
    webhook["matchConditions"] = [dict(_NEVER), *(webhook.get("matchConditions") or ())]
    return True


def _silenced(webhook: Mapping[str, Any]) -> bool:
    return any(condition["name"] == MARK for condition in webhook.get("matchConditions") or ())


def _detach(service: Object, served: Collection[str]) -> Object | None:
    spec = service.get("spec") or {}
    if not spec.get("service") or _is_served(spec, served):
        return None
    _mark(service, {key: spec.pop(key) for key in _BACKEND if key in spec})
    return service


def _plainly_convert(definition: Object, served: Collection[str]) -> Object | None:
    conversion = (definition.get("spec") or {}).get("conversion") or {}
    if conversion.get("strategy") != "Webhook":
        return None
    if _is_served((conversion.get("webhook") or {}).get("clientConfig") or {}, served):
        return None
    _mark(definition, {"conversion": conversion})
    definition["spec"]["conversion"] = {"strategy": "None"}
    return definition


def _mark(obj: Object, original: Mapping[str, Any]) -> None:
    metadata = obj.setdefault("metadata", {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), MARK: json.dumps(original, sort_keys=True)}


def _is_served(config: Mapping[str, Any], served: Collection[str]) -> bool:
    service = config.get("service") or {}
    return f"{service.get('namespace', 'default')}/{service.get('name')}" in served


def _target(config: Mapping[str, Any]) -> str:
    service = config.get("service")
    if service:
        return f"service {service.get('namespace', 'default')}/{service['name']}"
    return str(config.get("url", "nowhere"))
