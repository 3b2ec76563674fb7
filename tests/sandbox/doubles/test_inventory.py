"""An inventory holds names and shapes, and nothing of a chart's content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from groundwork.sandbox.inventory import InventoryError, from_rendered, parse_inventory, read_inventory, to_json

MIRROR = Path(__file__).parents[4] / "shared" / "mirror"

RENDERED = """
apiVersion: v1
kind: Secret
metadata: {name: release-key, annotations: {helm.sh/hook: pre-install}}
stringData: {token: hunter2}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: release-config, namespace: namespace}
data: {app.cfg: "password = hunter2"}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: release-db}
spec:
  replicas: 3
  selector: {matchLabels: {app: db}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 8Gi}}}}]
  template:
    metadata: {labels: {app: db}}
    spec:
      serviceAccountName: release-db
      volumes: [{name: k, secret: {secretName: release-key}}]
      containers:
        - {name: db, image: "example/db:1", command: [run, --password, hunter2], env: [{name: A, value: hunter2}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: release-db}
roleRef: {kind: Role, name: release-db}
subjects: [{kind: ServiceAccount, name: release-db}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: release-db}
webhooks:
  - {name: a.db.example, clientConfig: {service: {name: release-db, namespace: namespace, path: /a}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
---
"""


def test_names_and_shapes_are_taken_and_no_content() -> None:
    inventory = from_rendered(yaml.safe_load_all(RENDERED))
    assert [entry.reference for entry in inventory] == [
        "Secret/release-key",
        "ConfigMap/release-config",
        "StatefulSet/release-db",
        "RoleBinding/release-db",
        "ValidatingWebhookConfiguration/release-db",
    ]
    secret, config, database, binding, webhooks = inventory
    assert (secret.hook, secret.keys) == ("pre-install", ("token",))
    assert (config.namespace, config.keys) == ("namespace", ("app.cfg",))
    assert (database.replicas, database.volume_claims[0].size) == (3, "8Gi")
    assert database.secret_volumes == ("release-key",)
    assert (binding.role_ref, binding.subjects) == ("Role/release-db", ("ServiceAccount/release-db",))
    assert webhooks.webhooks[0].service == {"name": "release-db", "namespace": "namespace"}
    assert "hunter2" not in to_json(inventory)


def test_it_is_read_as_it_was_written() -> None:
    inventory = from_rendered(yaml.safe_load_all(RENDERED))
    assert parse_inventory(to_json(inventory), "x") == inventory


def test_every_problem_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a-1.0.0.json"
    path.write_text(json.dumps([{"apiVersion": "v1", "kind": "Pod"}, {"colour": "red"}]), encoding="utf-8")
    with pytest.raises(InventoryError) as caught:
        read_inventory(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not an inventory:")
    assert "0.name: Field required" in message
    assert "1.colour: Extra inputs are not permitted" in message


def test_every_known_inventory_can_be_read_and_written_again() -> None:
    files = sorted(MIRROR.glob("*/objects.json"))
    if not files:
        pytest.skip("there are no inventories beside the repository")
    for file in files:
        inventory = read_inventory(file)
        assert parse_inventory(to_json(inventory), str(file)) == inventory
