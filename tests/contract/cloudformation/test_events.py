"""Events: their order and members, the token of the request, and the topics that are told of them."""

import json
import re
from typing import Any


def found_events(stacks: Any, name: str) -> list[dict[str, Any]]:
    """Oldest first."""
    events: list[dict[str, Any]] = stacks.client.describe_stack_events(StackName=name)["StackEvents"]
    return events[::-1]


def told(events: list[dict[str, Any]], logical_id: str) -> list[tuple[str, str | None, str]]:
    return [
        (event["ResourceStatus"], event.get("ResourceStatusReason"), event["PhysicalResourceId"])
        for event in events
        if event["LogicalResourceId"] == logical_id
    ]


def test_a_resource_is_named_when_its_creation_has_begun(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group(LogGroupName=unique)}})
    events = found_events(stacks, unique)
    assert told(events, "G") == [
        ("CREATE_IN_PROGRESS", None, ""),
        ("CREATE_IN_PROGRESS", "Resource creation Initiated", unique),
        ("CREATE_COMPLETE", None, unique),
    ]
    assert re.fullmatch(r"G-CREATE_IN_PROGRESS-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", events[1]["EventId"])
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", events[0]["EventId"])


def test_a_replacement(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group(LogGroupName=unique)}})
    stacks.update(unique, {"Resources": {"G": group(LogGroupName=f"{unique}-b")}})
    reason = "Requested update requires the creation of a new physical resource; hence creating one."
    assert told(found_events(stacks, unique), "G")[3:] == [
        ("UPDATE_IN_PROGRESS", reason, unique),
        ("UPDATE_IN_PROGRESS", "Resource creation Initiated", f"{unique}-b"),
        ("UPDATE_COMPLETE", None, f"{unique}-b"),
        ("DELETE_IN_PROGRESS", None, unique),
        ("DELETE_COMPLETE", None, unique),
    ]


def test_an_update_tells_what_is_wanted(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group(RetentionInDays=1)}})
    stacks.update(unique, {"Resources": {"G": group(RetentionInDays=3)}})
    begun = next(
        event
        for event in found_events(stacks, unique)
        if event["ResourceStatus"] == "UPDATE_IN_PROGRESS" and event["LogicalResourceId"] == "G"
    )
    assert json.loads(begun["ResourceProperties"]) == {"RetentionInDays": 3}


def test_the_token_of_a_request(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"G": group(RetentionInDays=1)}}
    stacks.create(unique, template, ClientRequestToken="one")
    again = stacks.client.create_stack(StackName=unique, TemplateBody=json.dumps(template), ClientRequestToken="one")
    assert again["StackId"] == stacks.settled(unique)["StackId"]
    template["Resources"]["G"] = group(RetentionInDays=3)
    stacks.update(unique, template)
    tokens = [event.get("ClientRequestToken") for event in found_events(stacks, unique)]
    assert tokens == ["one"] * 5 + [None] * 5


def test_topics_are_told(stacks: Any, unique: str, group: Any) -> None:
    sns, sqs = stacks.runtime.client("sns"), stacks.runtime.client("sqs")
    topic = sns.create_topic(Name=unique)["TopicArn"]
    queue = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    stack = stacks.create(unique, {"Resources": {"G": group()}}, NotificationARNs=[topic, f"{topic}-gone"])
    assert stack["NotificationARNs"] == [topic, f"{topic}-gone"]
    bodies = [message["Body"] for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]]
    assert len(bodies) == 5
    last = dict(line.split("=", 1) for line in bodies[-1].splitlines())
    assert last["StackId"] == f"'{stack['StackId']}'"
    assert last["ResourceStatus"] in ("'CREATE_IN_PROGRESS'", "'CREATE_COMPLETE'")
    assert last["ClientRequestToken"] == "'null'"


def test_the_metadata_of_a_resource(stacks: Any, unique: str, group: Any) -> None:
    described = {**group(), "Metadata": {"where": {"Ref": "AWS::Region"}}}
    stacks.create(unique, {"Resources": {"A": described, "B": group()}})
    found = [
        stacks.client.describe_stack_resource(StackName=unique, LogicalResourceId=name)["StackResourceDetail"]
        for name in ("A", "B")
    ]
    assert [each["Metadata"] for each in found] == ['{"where": "us-east-1"}', "{}"]
