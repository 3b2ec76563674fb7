"""`stacks/schema.json`: what editors need to complete and check stack files and team files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from groundwork.core.profiles import PROFILES
from groundwork.core.registry import Registry, discover
from groundwork.core.signature import Spec
from groundwork.core.teams import Team

SCHEMA_FILE = Path("stacks") / "schema.json"
TEAM_SCHEMA_FILE = Path("stacks") / "team-schema.json"


def stack_schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON schema of a stack file, with every component that is installed."""
    definitions: dict[str, Any] = {}
    for name, spec in registry.items():
        definitions[name] = component_schema(spec, definitions)
    instance = {
        "if": {"required": ["component"]},
        "then": {
            "allOf": [
                {"properties": {"component": {"enum": list(registry)}}},
                *(
                    {"if": {"properties": {"component": {"const": name}}}, "then": {"$ref": f"#/$defs/{name}"}}
                    for name in registry
                ),
            ]
        },
        "else": {"not": {}},
    }
    components = {
        "type": "object",
        "minProperties": 1,
        "description": "the components of this stack: {} gives what a careful engineer would choose",
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in registry},
        "additionalProperties": instance,
    }
    config = {
        "type": "object",
        "required": ["groundwork:environment", "groundwork:components"],
        "properties": {
            "aws:region": {"type": "string", "description": "where this stack's AWS resources are"},
            "aws:allowedAccountIds": {
                "type": "array",
                "items": {"type": "string", "pattern": "^[0-9]{12}$"},
                "description": "the only account that this stack may touch, quoted",
            },
            "groundwork:environment": {
                "type": "string",
                "examples": list(PROFILES),
                "description": "what this stack is a part of; its name decides the defaults",
            },
            "groundwork:profile": {
                "enum": list(PROFILES),
                "description": "whose defaults to take, for an environment of another name",
            },
            "groundwork:imports": {
                "type": "array",
                "items": {"type": "string"},
                "description": "stacks whose contracts this one uses",
            },
            "groundwork:permissionsBoundary": {
                "type": "string",
                "pattern": "^arn:aws(-cn|-us-gov)?:iam::([0-9]{12}|aws):policy/",
                "description": "ARN of the policy beyond which no role that this stack makes can go",
            },
            "groundwork:components": components,
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Groundwork stack file",
        "type": "object",
        "required": ["config"],
        "properties": {"config": config},
        "$defs": definitions,
    }


def component_schema(spec: Spec, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what may stand under one component; schemas of its parts go to `definitions`."""
    schema = spec.config.model_json_schema(ref_template="#/$defs/{model}")
    definitions |= schema.pop("$defs", {})
    needs = {need.parameter: {"type": "string", "description": need.contract.__name__} for need in spec.needs}
    schema.setdefault("properties", {}).update(
        {
            "component": {"const": spec.name, "description": "which component this instance is"},
            "use": {
                "type": "object",
                "properties": needs,
                "additionalProperties": False,
                "description": "which instance provides a requirement, where more than one could",
            },
            "retire": {
                "type": "boolean",
                "description": "it will be taken out: nothing of it is protected any more",
            },
        }
    )
    schema["type"] = ["object", "null"]
    schema["title"] = spec.name
    schema["description"] = (spec.cls.__doc__ or "").strip().splitlines()[0]
    return schema


def team_schema() -> dict[str, Any]:
    """Return the JSON schema of a team's file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Team.model_json_schema(),
        "title": "A Groundwork team",
    }


def render(schema: dict[str, Any]) -> str:
    """Return the schema as it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write both schemas into the project in the current folder."""
    Path(SCHEMA_FILE).write_text(render(stack_schema(discover())), encoding="utf-8")
    Path(TEAM_SCHEMA_FILE).write_text(render(team_schema()), encoding="utf-8")


if __name__ == "__main__":
    main()
