"""Which texts are images."""

from __future__ import annotations

import json

import pytest

from groundwork.mirror.images import full, images_of, references


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("postgres:17", "docker.io/library/postgres:17"),
        ("grafana/grafana:13", "docker.io/grafana/grafana:13"),
        ("quay.io/a/b:1", "quay.io/a/b:1"),
        ("localhost:5000/a:1", "localhost:5000/a:1"),
    ],
)
def test_an_image_has_its_registry(short: str, whole: str) -> None:
    assert full(short) == whole


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/path:8080/x",
        "database.parts.svc:5432",
        "database.parts.svc/x:1",
        "example.com:8080",
        "apps/v1",
        "user@example.com",
    ],
)
def test_an_address_is_no_image(text: str) -> None:
    assert list(references(text)) == []


def test_images_are_found_wherever_a_controller_is_told_of_one() -> None:
    digest = f"sha256:{'a' * 64}"
    container = {
        "name": "main",
        "image": "example.com/main:1",
        "args": ["--reloader=quay.io/x/reloader:v2", "--executor-image", "team/executor:3", "--port=80"],
        "env": [{"name": "SIDECAR", "value": f"ghcr.io/x/sidecar:4@{digest}"}],
    }
    pod = {"spec": {"template": {"spec": {"containers": [container], "initContainers": [{"image": "busybox:1"}]}}}}
    assert images_of({"kind": "Deployment", **pod}) == {
        "example.com/main:1": {"container"},
        "docker.io/library/busybox:1": {"container"},
        "quay.io/x/reloader:v2": {"argument"},
        "docker.io/team/executor:3": {"argument"},
        f"ghcr.io/x/sidecar:4@{digest}": {"environment"},
    }
    assert images_of({"kind": "Prometheus", "spec": {"image": "quay.io/prometheus/prometheus:v3"}}) == {
        "quay.io/prometheus/prometheus:v3": {"field"}
    }


def test_images_in_the_texts_of_a_config_map() -> None:
    texts = {
        "values": '{"global": {"proxy": {"image": "proxyv2:1"}}, "hub": "registry.istio.io/release"}',
        "page.yaml": "defaults:\n  image: {value: x}\n  toolImage: ghcr.io/x/tool:1\n",
        "plain": "# uses registry.example.com/a/b:9, see https://example.com/docs/c:1\n",
    }
    assert set(images_of({"kind": "ConfigMap", "data": texts})) == {
        "docker.io/library/proxyv2:1",
        "ghcr.io/x/tool:1",
        "registry.example.com/a/b:9",
    }


def test_what_istio_calls_auto_is_no_image() -> None:
    assert images_of({"spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}}) == {}


def test_an_image_that_is_put_together_of_hub_and_tag() -> None:
    """Istio's injector is told so of the proxy that it puts beside every pod of the mesh."""
    given = {"hub": "registry.istio.io/release", "tag": "1.30.3", "proxy": {"image": "proxyv2", "logLevel": "warning"}}
    text = json.dumps({"global": given})
    assert images_of({"kind": "ConfigMap", "data": {"values": text}}) == {
        "registry.istio.io/release/proxyv2:1.30.3": {"ConfigMap"}
    }
