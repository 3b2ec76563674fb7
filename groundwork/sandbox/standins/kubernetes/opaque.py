"""The versions of a CustomResourceDefinition: half a megabyte that a check passes through and need not read."""

from __future__ import annotations

from google.protobuf import struct_pb2

from groundwork.sandbox.standins.protocol import UNKNOWN
from groundwork.sandbox.standins.values import SIGNATURE

TYPE = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
_MARKERS = (UNKNOWN.encode(), SIGNATURE.encode())


def take_versions(inputs: struct_pb2.Struct) -> struct_pb2.Value | None:
    """Remove and return `spec.versions`; None, with nothing removed, where they hold something unknown or secret."""
    spec = inputs.fields["spec"].struct_value.fields if "spec" in inputs.fields else {}
    if "versions" not in spec:
        return None
    content = spec["versions"].SerializeToString()
    if any(marker in content for marker in _MARKERS):
        return None
    del spec["versions"]
    return struct_pb2.Value.FromString(content)


def put_versions(inputs: struct_pb2.Struct, versions: struct_pb2.Value | None) -> None:
    """Put back what `take_versions` removed."""
    if versions is not None:
        inputs.fields["spec"].struct_value.fields["versions"].CopyFrom(versions)
