"""Launch templates and placement groups."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import NO_PARAMETER, Call, Do, Path, Read, Resource, declare
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.aws.types.ec2_network import ARN


def _read_template(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    """Describe a template with the data of its newest version."""
    found = session.ask("ec2", "describe_launch_templates", env["region"], LaunchTemplateIds=[env["id"]])[
        "LaunchTemplates"
    ]
    if not found:
        return None
    versions = session.ask(
        "ec2",
        "describe_launch_template_versions",
        env["region"],
        LaunchTemplateId=env["id"],
        Versions=["$Latest"],
    )["LaunchTemplateVersions"]
    newest = versions[0] if versions else {}
    data = dict(newest.get("LaunchTemplateData") or {})
    data["TagSpecifications"] = _tags_of_what_it_launches(data.get("TagSpecifications") or [])
    return {**data, **found[0], "VersionDescription": newest.get("VersionDescription")}


def _tags_of_what_it_launches(specifications: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the specifications with tags by key, without the template's own, which moto adds to those of its data."""
    return [
        {**each, "Tags": {tag["Key"]: tag["Value"] for tag in each.get("Tags") or []}}
        for each in specifications
        if each.get("ResourceType") != "launch-template"
    ]


def _make_default(session: Session, env: dict[str, Any]) -> None:
    if not env.get("updateDefaultVersion"):
        return
    found = session.ask("ec2", "describe_launch_templates", env["region"], LaunchTemplateIds=[env["id"]])[
        "LaunchTemplates"
    ]
    newest = str(found[0]["LatestVersionNumber"])
    session.ask("ec2", "modify_launch_template", env["region"], LaunchTemplateId=env["id"], DefaultVersion=newest)


_VERSIONED = (
    "blockDeviceMappings",
    "capacityReservationSpecification",
    "description",
    "imageId",
    "instanceMarketOptions",
    "instanceType",
    "metadataOptions",
    "networkInterfaces",
    "placement",
    "tagSpecifications",
    "userData",
    "vpcSecurityGroupIds",
)
declare(
    Resource(
        "aws:ec2/launchTemplate:LaunchTemplate",
        service="ec2",
        create=Call("create_launch_template", spread=True, wrap="LaunchTemplateData"),
        answer="LaunchTemplate",
        id="LaunchTemplateId",
        names={
            "name": "LaunchTemplateName",
            "description": "VersionDescription",
            "vpcSecurityGroupIds": "SecurityGroupIds",
            "securityGroupNames": "SecurityGroups",
            "networkInterfaces.securityGroups": "Groups",
        },
        autoname="name",
        autoname_limit=125,
        steers=("updateDefaultVersion", "defaultVersion"),
        update=(
            Call(
                "create_launch_template_version",
                {"LaunchTemplateId": "{id}"},
                spread=True,
                whole=True,
                wrap="LaunchTemplateData",
                names={"name": NO_PARAMETER},
            ),
            Do(_make_default, on=_VERSIONED),
            Call(
                "modify_launch_template",
                {"LaunchTemplateId": "{id}", "DefaultVersion": "{defaultVersion}"},
            ),
        ),
        read=_read_template,
        outputs={
            "latestVersion": Path("LatestVersionNumber"),
            "defaultVersion": Path("DefaultVersionNumber"),
        },
        delete=(Call("delete_launch_template", {"LaunchTemplateId": "{id}"}),),
        arn=f"{ARN}launch-template/{{id}}",
        tag_type="launch-template",
        volatile=("latestVersion", "defaultVersion"),
    )
)

declare(
    Resource(
        "aws:ec2/placementGroup:PlacementGroup",
        service="ec2",
        create=Call("create_placement_group", spread=True),
        answer="PlacementGroup",
        id="{name}",
        names={"name": "GroupName"},
        autoname="name",
        read=Read("describe_placement_groups", {"GroupNames": ["{id}"]}, "PlacementGroups[0]"),
        delete=(Call("delete_placement_group", {"GroupName": "{id}"}),),
        arn=f"{ARN}placement-group/{{name}}",
        tag_type="placement-group",
    )
)
