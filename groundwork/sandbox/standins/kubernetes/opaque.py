"""The schemas of a CustomResourceDefinition: half a megabyte that an engine carries about and nobody reads.

An engine unpacks nested maps in time that grows with their depth, and does so for each check, each policy and each
reading of its state: schemas were two thirds of a plan. So a check answers each as one text, by which it stands in the
sandbox's state from then on; the real provider keeps it as it is. What goes to the API server is unpacked again.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import struct_pb2

from groundwork.sandbox.standins.protocol import UNKNOWN
from groundwork.sandbox.standins.values import SIGNATURE, to_python, to_struct

TYPE = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
_PACKED = "packed:"
_MARKERS = (UNKNOWN.encode(), SIGNATURE.encode())


def pack(inputs: struct_pb2.Struct) -> None:
    """Turn each schema of a definition into a text, but one that holds something unknown or secret."""
    spec = inputs.fields["spec"].struct_value.fields if "spec" in inputs.fields else {}
    for version in spec["versions"].list_value.values if "versions" in spec else ():
        fields = version.struct_value.fields
        if "schema" in fields and fields["schema"].WhichOneof("kind") == "struct_value":
            schema = fields["schema"].struct_value
            if not any(marker in schema.SerializeToString() for marker in _MARKERS):
                fields["schema"].string_value = _text(schema)


def packed(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain inputs of a definition with each schema as a text."""

    return _with_schemas(inputs, lambda schema: _text(to_struct(schema)) if isinstance(schema, dict) else schema)


def unpacked(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs with each packed schema as it was; anything else as it is."""

    def schema(text: Any) -> Any:
        if not isinstance(text, str) or not text.startswith(_PACKED):
            return text
        return to_python(struct_pb2.Struct.FromString(zlib.decompress(base64.b64decode(text[len(_PACKED) :]))))

    return _with_schemas(inputs, schema)


def _text(schema: struct_pb2.Struct) -> str:
    return _PACKED + base64.b64encode(zlib.compress(schema.SerializeToString(deterministic=True), 1)).decode()


def _with_schemas(inputs: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    spec = inputs.get("spec")
    versions = spec.get("versions") if isinstance(spec, Mapping) else None
    if inputs.get("kind") != "CustomResourceDefinition" or not isinstance(versions, list) or spec is None:
        return dict(inputs)
    changed = [
        {**version, "schema": change(version["schema"])}
        if isinstance(version, Mapping) and "schema" in version
        else version
        for version in versions
    ]
    return {**inputs, "spec": {**spec, "versions": changed}}
