"""A double of istiod's injector: a webhook on loopback that leaves a pod as the injector of 1.30.3 does.

It goes by the values that the stack gives istiod and by the pod's own annotation. The facts are those of the chart's
injection template with Istio's CNI, and of the pods in Istio's own tests (pkg/kube/inject/testdata/inject at 1.30.3);
arguments, variables and volumes of the proxy are left out, of which nothing here depends.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.layout import Layout
from groundwork.sandbox.controlplane.plane import write_routes
from groundwork.sandbox.paths import SandboxPaths

CONFIGURATION = "MutatingWebhookConfiguration"
NATIVE = "sidecar.istio.io/nativeSidecar"
_INJECT = "sidecar.istio.io/inject"
_REVISION = "istio.io/rev"
_ENROLLED = "istio-injection"


def _rule(name: str, namespace: list[dict[str, Any]], pod: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": f"{name}.sidecar-injector.istio.io",
        "sideEffects": "None",
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchExpressions": namespace},
        "objectSelector": {"matchExpressions": pod},
    }


def _is(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def _lacks(key: str) -> dict[str, Any]:
    return {"key": key, "operator": "DoesNotExist"}


_NOT_REFUSED = {"key": _INJECT, "operator": "NotIn", "values": ["false"]}
WEBHOOKS = [
    _rule("rev.namespace", [_is(_REVISION, "default"), _lacks(_ENROLLED)], [_NOT_REFUSED]),
    _rule("rev.object", [_lacks(_REVISION), _lacks(_ENROLLED)], [_NOT_REFUSED, _is(_REVISION, "default")]),
    _rule("namespace", [_is(_ENROLLED, "enabled")], [_NOT_REFUSED]),
    _rule("object", [_lacks(_ENROLLED), _lacks(_REVISION)], [_is(_INJECT, "true"), _lacks(_REVISION)]),
]
"""Whom the chart's webhooks are asked about, without where they are: a test holds them against the chart."""


def injected(pod: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of a pod with its sidecar."""
    settings = values["global"]["proxy"]
    native = values["env"]["ENABLE_NATIVE_SIDECARS"] == "true"
    told = (pod["metadata"].get("annotations") or {}).get(NATIVE)
    native = native if told is None else told != "false"
    common = {
        "image": "registry.istio.io/release/proxyv2:1.30.3",
        "resources": settings["resources"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsUser": 1337,
            "runAsGroup": 1337,
            "runAsNonRoot": True,
            "seccompProfile": settings["seccompProfile"],
        },
    }
    spec = dict(pod["spec"])
    proxy = {"name": "istio-proxy", **common, "ports": [{"containerPort": 15090, "name": "http-envoy-prom"}]}
    first = [{"name": "istio-validation", **common}]
    if native:
        first.append({**proxy, "restartPolicy": "Always"})
    else:
        spec["containers"] = [*spec["containers"], proxy]
    return {**spec, "initContainers": [*first, *spec.get("initContainers", ())]}


@contextmanager
def injecting(kube: KubeClient, values: Mapping[str, Any]) -> Iterator[None]:
    """Inject what the API server is asked to make, until the end of the block."""

    class Injector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            patch = [{"op": "replace", "path": "/spec", "value": injected(review["request"]["object"], values)}]
            given = base64.b64encode(json.dumps(patch).encode()).decode()
            answer = {"uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch", "patch": given}
            body = json.dumps({"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": answer})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    layout = Layout(SandboxPaths(kube.endpoint.kubeconfig.parent))
    served = layout.pki.pair("components")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served.certificate, served.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Injector)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = f"127.0.0.1:{server.server_port}"
    write_routes(layout.egress_routes, {address: address})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    authority = base64.b64encode(kube.endpoint.ca_file.read_bytes()).decode()
    where = {"url": f"https://{address}/inject", "caBundle": authority}
    name = "istio-sidecar-injector"
    version = "admissionregistration.k8s.io/v1"
    asked = [{**webhook, "clientConfig": where} for webhook in WEBHOOKS]
    kube.apply({"apiVersion": version, "kind": CONFIGURATION, "metadata": {"name": name}, "webhooks": asked})
    try:
        yield
    finally:
        kube.delete(version, CONFIGURATION, name)
        server.shutdown()
        server.server_close()
        write_routes(layout.egress_routes, {})
