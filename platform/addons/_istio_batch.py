"""What is to end must be able to: no pod with work that ends has a proxy beside it that does not.

istiod writes such a proxy where native sidecars are switched off, by its environment or by a pod's own annotation.
The API server asks this rule after every webhook, so it judges the pod as the injector left it.
https://istio.io/latest/blog/2023/native-sidecars/
"""

from __future__ import annotations

from typing import Any

PROXY = "istio-proxy"
"""The container that the injector adds, among the containers or, as a native sidecar, among the init containers."""

REFUSAL = (
    f"its work ends, and the ordinary container {PROXY} beside it would not: the pod would hang for ever. Leave the "
    "annotation sidecar.istio.io/nativeSidecar out, or keep the pod out of the mesh by the label "
    "sidecar.istio.io/inject: 'false'"
)


def batch_policy() -> dict[str, Any]:
    """Return the spec of a ValidatingAdmissionPolicy over the pods of Jobs, tasks and trials: all that ends."""
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [pods]},
        "matchConditions": [{"name": "its-work-ends", "expression": "object.spec.restartPolicy != 'Always'"}],
        "validations": [
            {
                "expression": f"!object.spec.containers.exists(container, container.name == '{PROXY}')",
                "message": REFUSAL,
                "reason": "Forbidden",
            }
        ],
    }
