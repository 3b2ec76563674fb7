"""From Pulumi's types and inputs to Terraform's JSON, by the schema of the real provider."""

from __future__ import annotations

import re
from typing import Any

_TYPES = {
    "autoscaling/tag": "aws_autoscaling_group_tag",
    "cloudwatch/eventRule": "aws_cloudwatch_event_rule",
    "cloudwatch/eventTarget": "aws_cloudwatch_event_target",
    "cloudwatch/logGroup": "aws_cloudwatch_log_group",
    "cloudwatch/metricAlarm": "aws_cloudwatch_metric_alarm",
    "iam/openIdConnectProvider": "aws_iam_openid_connect_provider",
    "rds/instance": "aws_db_instance",
    "rds/parameterGroup": "aws_db_parameter_group",
    "rds/subnetGroup": "aws_db_subnet_group",
}
_WITHOUT_SERVICE = ("ec2",)
_NAMES = {
    "clientIdLists": "client_id_list",
    "thumbprintLists": "thumbprint_list",
    "encryptionConfigurations": "encryption_configuration",
}


def snake(name: str) -> str:
    """Return a camelCase name in snake_case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def resource_type(token: str, known: set[str]) -> str:
    """Return Terraform's type of a token."""
    path = token.split(":")[1]
    service, name = path.split("/")
    candidates = [
        _TYPES.get(path, ""),
        f"aws_{snake(name)}" if service in _WITHOUT_SERVICE else "",
        f"aws_{service}_{snake(name)}",
    ]
    return next(candidate for candidate in candidates if candidate in known)


def body(values: dict[str, Any], block: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a resource or nested block as Terraform has them."""
    attributes, blocks = block.get("attributes") or {}, block.get("block_types") or {}
    made: dict[str, Any] = {}
    for name, value in values.items():
        known = _name(name, attributes.keys() | blocks.keys())
        if known in blocks:
            items = value if isinstance(value, list) else [value]
            made[known] = [body(item, blocks[known]["block"]) for item in items]
        else:
            made[known] = _attribute(value, attributes[known]["type"])
    return made


def _name(name: str, known: set[str]) -> str:
    plain = snake(name)
    singular = (plain.removesuffix("s"), re.sub("ies$", "y", plain), plain.removesuffix("es"))
    forms = (_NAMES.get(name, plain), plain, *singular, f"{plain}_arn", f"alarm_{plain}")
    found = next((form for form in forms if form in known), None)
    if found is None:
        raise KeyError(f"the real provider has no {name}: {', '.join(sorted(known))}")
    return found


def _attribute(value: Any, kind: Any) -> Any:
    if isinstance(kind, list) and kind[0] in ("list", "set"):
        items = value if isinstance(value, list) else [value]
        if isinstance(kind[1], list) and kind[1][0] == "object":
            return [_object(item, kind[1][1]) for item in items]
        return items
    return value


def _object(value: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    given = {_name(name, set(fields)): item for name, item in value.items()}
    return {name: _attribute(given[name], kind) if name in given else None for name, kind in fields.items()}


def references(value: Any, types: dict[str, str]) -> Any:
    """Return `value` with `$name.property` as Terraform's references."""
    if isinstance(value, dict):
        return {name: references(item, types) for name, item in value.items()}
    if isinstance(value, list):
        return [references(item, types) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        name, _, prop = value[1:].partition(".")
        return f"${{{types[name]}.{name}.{snake(prop)}}}"
    return value
