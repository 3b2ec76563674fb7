"""Auto Scaling: the tags of the groups that EKS makes for node groups."""

from __future__ import annotations

from groundwork.sandbox.standins.aws.declare import Call, Resource, declare

_TAG = {"ResourceId": "{autoscalingGroupName}", "ResourceType": "auto-scaling-group", "Key": "{tag.key}"}

_WRITE = Call(
    "create_or_update_tags",
    {"Tags": [{**_TAG, "Value": "{tag.value}", "PropagateAtLaunch": "{tag.propagateAtLaunch}"}]},
)

declare(
    Resource(
        "aws:autoscaling/tag:Tag",
        service="autoscaling",
        create=_WRITE,
        id="{autoscalingGroupName},{tag.key}",
        update=(_WRITE,),
        delete=(Call("delete_tags", {"Tags": [_TAG]}),),
        imports=r"(?P<autoscalingGroupName>[^,]+),.+",
        only_recorded="moto names an Auto Scaling group for each node group, and makes none",
    )
)
