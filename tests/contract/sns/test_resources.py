"""AWS::SNS::Topic, ::Subscription, ::TopicPolicy, ::TopicInlinePolicy."""

import json
from collections.abc import Callable
from typing import Any

from tests.contract.sns.conftest import Queue

from penstock.runtime import SERVICES
from penstock.template.types import Types

Deploy = Any
TYPES = Types.of(SERVICES)


def topic(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def test_a_topic_with_its_subscriptions(deploy: Deploy, sns: Any, make_queue: Callable[..., Queue]) -> None:
    one, other = make_queue("one"), make_queue("other")
    subscriptions = [{"Protocol": "sqs", "Endpoint": queue.arn} for queue in (one, other)]
    outputs = deploy(
        {"Topic": topic(DisplayName="News", Subscription=subscriptions)},
        Ref={"Ref": "Topic"},
        Name={"Fn::GetAtt": ["Topic", "TopicName"]},
        Arn={"Fn::GetAtt": ["Topic", "TopicArn"]},
    )
    arn = outputs["Ref"]
    assert arn == outputs["Arn"] and arn.endswith(f":{outputs['Name']}")
    assert "-Topic-" in outputs["Name"]
    sns.publish(TopicArn=arn, Message="both")
    assert one.texts == other.texts == ["both"]
    again = deploy({"Topic": topic(SignatureVersion="2", Subscription=subscriptions[:1])}, Ref={"Ref": "Topic"})
    assert again["Ref"] == arn
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (attributes["DisplayName"], attributes["SignatureVersion"]) == ("", "2")
    sns.publish(TopicArn=arn, Message="one")
    assert (one.texts, other.texts) == (["one"], [])


def test_tags_are_the_stacks_too(deploy: Deploy, sns: Any, unique: str) -> None:
    tags = [{"Key": "own", "Value": "1"}]
    arn = deploy({"Topic": topic(Tags=tags)}, Ref={"Ref": "Topic"})["Ref"]
    found = {tag["Key"]: tag["Value"] for tag in sns.list_tags_for_resource(ResourceArn=arn)["Tags"]}
    assert found == {"own": "1", "stack": unique}
    deploy({"Topic": topic()}, Ref={"Ref": "Topic"})
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "stack", "Value": unique}]


def test_a_fifo_topic(deploy: Deploy, sns: Any) -> None:
    arn = deploy({"Topic": topic(FifoTopic=True, ContentBasedDeduplication=True)}, Ref={"Ref": "Topic"})["Ref"]
    assert arn.endswith(".fifo")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["ContentBasedDeduplication"] == "true"


def test_a_subscription_of_its_own(deploy: Deploy, sns: Any, queue: Queue) -> None:
    def resources(**properties: Any) -> dict[str, Any]:
        given = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": queue.arn, **properties}
        return {"Topic": topic(), "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": given}}

    outputs = {"Ref": {"Ref": "Subscription"}, "Topic": {"Ref": "Topic"}}
    made = deploy(resources(FilterPolicy={"a": ["x"]}, RawMessageDelivery=True), **outputs)
    attributes = sns.get_subscription_attributes(SubscriptionArn=made["Ref"])["Attributes"]
    assert json.loads(attributes["FilterPolicy"]) == {"a": ["x"]}
    assert attributes["RawMessageDelivery"] == "true"
    nested = {"a": {"b": ["x"]}}
    assert deploy(resources(FilterPolicy=nested, FilterPolicyScope="MessageBody"), **outputs) == made
    attributes = sns.get_subscription_attributes(SubscriptionArn=made["Ref"])["Attributes"]
    assert (json.loads(attributes["FilterPolicy"]), attributes["FilterPolicyScope"]) == (nested, "MessageBody")
    assert attributes["RawMessageDelivery"] == "false"
    assert deploy(resources(), **outputs) == made
    assert "FilterPolicy" not in sns.get_subscription_attributes(SubscriptionArn=made["Ref"])["Attributes"]
    deploy({"Topic": topic()}, Topic={"Ref": "Topic"})
    assert sns.list_subscriptions_by_topic(TopicArn=made["Topic"])["Subscriptions"] == []


def test_a_subscription_that_nobody_confirmed(deploy: Deploy, sns: Any) -> None:
    given = {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.com"}
    subscription = {"Type": "AWS::SNS::Subscription", "Properties": given}
    arn = deploy({"Topic": topic(), "Mail": subscription}, Topic={"Ref": "Topic"})["Topic"]
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsPending"] == "1"
    deploy({"Topic": topic()}, Topic={"Ref": "Topic"})
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsPending"] == "0"


def test_policies(deploy: Deploy, sns: Any) -> None:
    statement = {"Sid": "s3", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policy = {"Topics": [{"Ref": "One"}], "PolicyDocument": document}
    inline = {"TopicArn": {"Ref": "Other"}, "PolicyDocument": document}
    topics = {"One": topic(), "Other": topic()}
    outputs = {"One": {"Ref": "One"}, "Other": {"Ref": "Other"}}
    arns = deploy(
        {
            **topics,
            "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": policy},
            "Inline": {"Type": "AWS::SNS::TopicInlinePolicy", "Properties": inline},
        },
        **outputs,
    )
    for arn in arns.values():
        assert json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]) == document
    deploy(topics, **outputs)
    for arn in arns.values():
        found = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
        assert found["Id"] == "__default_policy_ID"


def test_what_does_not_leave_this_machine_is_reported() -> None:
    check = TYPES["AWS::SNS::Topic"].problems
    assert check is not None
    subscriptions = [{"Protocol": protocol, "Endpoint": "x"} for protocol in ("sqs", "email", "firehose")]
    assert list(check({"Subscription": subscriptions})) == [
        ("Subscription.1.Protocol", "nothing of this kind is sent from this machine"),
        ("Subscription.2.Protocol", "subscriptions of this protocol are not supported"),
    ]
