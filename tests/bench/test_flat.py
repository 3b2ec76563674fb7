"""The flat program that composing is measured against registers the same, with the SDK's classes, and no secret."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.bench.classes import arguments, sdk_class
from groundwork.bench.flat import registrations

_STACK = "urn:pulumi:dev::demo::"
_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hush"'}


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("aws:s3/bucket:Bucket", ("pulumi_aws.s3", "Bucket")),
        ("kubernetes:apps/v1:Deployment", ("pulumi_kubernetes.apps.v1", "Deployment")),
        ("kubernetes:helm.sh/v3:Release", ("pulumi_kubernetes.helm.v3", "Release")),
        ("random:index/randomPassword:RandomPassword", ("pulumi_random", "RandomPassword")),
        ("kubernetes:keda.sh/v1alpha1:ScaledObject", None),
    ],
)
def test_a_type_has_the_class_that_a_program_by_hand_would_use(kind: str, found: tuple[str, str] | None) -> None:
    assert sdk_class(kind) == found


def test_inputs_get_the_names_of_the_constructor() -> None:
    named = arguments("pulumi_aws.s3", "Bucket", {"bucket": "b", "forceDestroy": True})
    assert named == {"bucket": "b", "force_destroy": True}


def test_what_the_engine_made_itself_is_not_registered_and_secrets_keep_their_shape_only() -> None:
    def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
        return {"urn": f"{_STACK}{kind}::{name}", "type": kind, "custom": True, **more}

    parent = resource("groundwork:component:S3", "s3", custom=False)
    found = registrations(
        [
            resource("pulumi:pulumi:Stack", "demo-dev", custom=False),
            resource("pulumi:providers:aws", "default_7_51_1"),
            parent,
            resource(
                "kubernetes:core/v1:Secret",
                "login",
                parent=parent["urn"],
                dependencies=[parent["urn"], "urn:gone"],
                inputs={"stringData": _SECRET, "__defaults": []},
            ),
        ]
    )
    assert [(entry["name"], entry["custom"]) for entry in found] == [("s3", False), ("login", True)]
    login = found[1]
    assert (login["module"], login["class"]) == ("pulumi_kubernetes.core.v1", "Secret")
    assert (login["parent"], login["after"]) == (parent["urn"], [parent["urn"]])
    assert login["inputs"] == {"string_data": "c2VjcmV0"}
