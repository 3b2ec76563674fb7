"""Queues and topics."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Path, Read, Resource, declare, put, uses
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.aws.types.iam import policy_document

_QUEUE = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_RANGES = {
    "delaySeconds": (0, 900),
    "kmsDataKeyReusePeriodSeconds": (60, 86_400),
    "maxMessageSize": (1024, 1_048_576),
    "messageRetentionSeconds": (60, 1_209_600),
    "receiveWaitTimeSeconds": (0, 20),
    "visibilityTimeoutSeconds": (0, 43_200),
}


def text_of(value: Any) -> str:
    """Return a value as an attribute of a queue or topic has it: always text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@uses(*_QUEUE, passes=tuple(_QUEUE))
def _attributes(env: dict[str, Any]) -> Any:
    given = {name: env.get(name) for name in _QUEUE if env.get(name) is not None}
    if given.get("fifoQueue") is False:
        del given["fifoQueue"]  # AWS refuses the attribute on a standard queue
    return {_QUEUE[name]: text_of(value) for name, value in given.items()} or None


@uses(*(name for name in _QUEUE if name != "fifoQueue"))
def _changed_attributes(env: dict[str, Any]) -> Any:
    return {k: v for k, v in (_attributes(env) or {}).items() if k != "FifoQueue"} or None


def _in_range(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Hold the attributes to the documented ranges: in the API's model they are free text."""
    found = []
    for attribute, (low, high) in _RANGES.items():
        value = inputs.get(attribute)
        if isinstance(value, int | float) and not low <= value <= high:
            found.append((attribute, f"{value}: must be {low} to {high}"))
    name, fifo = inputs.get("name"), bool(inputs.get("fifoQueue"))
    if isinstance(name, str) and "name" not in inputs.get("__defaults", []) and name.endswith(".fifo") != fifo:
        reason = "the name of a FIFO queue must end in .fifo, and no other may"
        found.append(("name", f"{name!r}: {reason}"))
    return found


declare(
    Resource(
        "aws:sqs/queue:Queue",
        service="sqs",
        create=Call("create_queue", {"QueueName": "{name}", "Attributes": _attributes}),
        id="QueueUrl",
        autoname="name",
        autoname_limit=80,
        update=(Call("set_queue_attributes", {"QueueUrl": "{id}", "Attributes": _changed_attributes}),),
        read=Read("get_queue_attributes", {"QueueUrl": "{id}", "AttributeNames": ["All"]}, "Attributes"),
        outputs={
            "url": "{id}",
            "name": lambda session, env, live: env["id"].rpartition("/")[2],
            **{name: Path(member) for name, member in _QUEUE.items()},
        },
        delete=(Call("delete_queue", {"QueueUrl": "{id}"}),),
        arn="arn:{partition}:sqs:{region}:{account}:{name}",
        checks=(_in_range, policy_document("policy")),
    )
)

put(
    Resource(
        "aws:sqs/queuePolicy:QueuePolicy",
        service="sqs",
        create=Call("set_queue_attributes", {"QueueUrl": "{queueUrl}", "Attributes": {"Policy": "{policy}"}}),
        id="{queueUrl}",
        read=Read(
            "get_queue_attributes",
            {"QueueUrl": "{id}", "AttributeNames": ["Policy"]},
            "Attributes.{Policy: Policy}",
        ),
        outputs={"queueUrl": "{id}"},
        delete=(Call("set_queue_attributes", {"QueueUrl": "{queueUrl}", "Attributes": {"Policy": ""}}),),
        checks=(policy_document("policy"),),
    )
)

_TOPIC = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "fifoTopic": "FifoTopic",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}


@uses(*_TOPIC, passes=tuple(_TOPIC))
def _topic_attributes(env: dict[str, Any]) -> Any:
    given = {name: env.get(name) for name in _TOPIC if env.get(name) is not None}
    if given.get("fifoTopic") is False:
        del given["fifoTopic"]
    return {_TOPIC[name]: text_of(value) for name, value in given.items()} or None


declare(
    Resource(
        "aws:sns/topic:Topic",
        service="sns",
        create=Call("create_topic", {"Name": "{name}", "Attributes": _topic_attributes}),
        id="TopicArn",
        autoname="name",
        update=tuple(
            Call(
                "set_topic_attributes",
                {
                    "TopicArn": "{id}",
                    "AttributeName": member,
                    "AttributeValue": f"{{{name}}}",
                },
            )
            for name, member in _TOPIC.items()
            if name != "fifoTopic"
        ),
        read=Read("get_topic_attributes", {"TopicArn": "{id}"}, "Attributes"),
        outputs={
            "name": lambda session, env, live: env["id"].rpartition(":")[2],
            "owner": Path("Owner"),
            **{name: Path(member) for name, member in _TOPIC.items()},
        },
        delete=(Call("delete_topic", {"TopicArn": "{id}"}),),
        arn="{id}",
        checks=(policy_document("policy"),),
    )
)

_SUBSCRIPTION = {
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "deliveryPolicy": "DeliveryPolicy",
}


@uses(*_SUBSCRIPTION)
def _subscription_attributes(env: dict[str, Any]) -> Any:
    given = {name: env.get(name) for name in _SUBSCRIPTION if env.get(name) is not None}
    return {_SUBSCRIPTION[name]: text_of(value) for name, value in given.items()} or None


def _read_subscription(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    answer = session.ask("sns", "get_subscription_attributes", env["region"], SubscriptionArn=env["id"])
    return dict(answer["Attributes"])


declare(
    Resource(
        "aws:sns/topicSubscription:TopicSubscription",
        service="sns",
        create=Call(
            "subscribe",
            {
                "TopicArn": "{topic}",
                "Protocol": "{protocol}",
                "Endpoint": "{endpoint}",
                "Attributes": _subscription_attributes,
                "ReturnSubscriptionArn": True,
            },
        ),
        id="SubscriptionArn",
        steers=("confirmationTimeoutInMinutes", "endpointAutoConfirms"),
        update=tuple(
            Call(
                "set_subscription_attributes",
                {
                    "SubscriptionArn": "{id}",
                    "AttributeName": member,
                    "AttributeValue": f"{{{name}}}",
                },
            )
            for name, member in _SUBSCRIPTION.items()
        ),
        read=_read_subscription,
        outputs={"topic": Path("TopicArn"), "arn": "{id}"},
        delete=(Call("unsubscribe", {"SubscriptionArn": "{id}"}),),
    )
)
