"""SQS in CloudFormation templates."""

import json

import pytest


@pytest.fixture
def deploy(client, penstock, unique):
    """`deploy(resources, outputs)`: creates the test's stack, or updates it; its outputs."""
    cloudformation = client("cloudformation")
    made = []

    def call(resources, **outputs):
        body = {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}
        change = cloudformation.update_stack if made else cloudformation.create_stack
        change(StackName=unique, TemplateBody=json.dumps(body), Tags=[{"Key": "stack", "Value": "s"}])
        made.append(unique)
        penstock.settle()
        [found] = cloudformation.describe_stacks(StackName=unique)["Stacks"]
        assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), found
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def delete():
        cloudformation.delete_stack(StackName=unique)
        penstock.settle()

    call.delete = delete
    return call


def queue(**properties):
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def attribute(name, resource="Queue"):
    return {"Fn::GetAtt": [resource, name]}


def test_a_queue_with_its_dead_letter_queue(sqs, deploy, unique):
    redrive = {"deadLetterTargetArn": attribute("Arn", "Dead"), "maxReceiveCount": 3}
    found = deploy(
        {
            "Dead": queue(MessageRetentionPeriod=1209600),
            "Queue": queue(
                QueueName=unique,
                VisibilityTimeout="60",
                RedrivePolicy=redrive,
                Tags=[{"Key": "own", "Value": "o"}],
            ),
        },
        Url={"Ref": "Queue"},
        Arn=attribute("Arn"),
        Name=attribute("QueueName"),
        SameUrl=attribute("QueueUrl"),
        Dead=attribute("Arn", "Dead"),
    )
    url = found["Url"]
    assert (found["Name"], found["SameUrl"], found["Arn"]) == (unique, url, sqs.arn(url))
    assert found["Dead"].split(":")[-1].startswith(f"{unique}-Dead-")
    attributes = sqs.attributes(url)
    assert attributes["VisibilityTimeout"] == "60"
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == found["Dead"]
    tags = sqs.client.list_queue_tags(QueueUrl=url)["Tags"]
    assert {key: value for key, value in tags.items() if not key.startswith("aws:")} == {"own": "o", "stack": "s"}


def test_changes_in_place(sqs, deploy):
    url = deploy({"Queue": queue(VisibilityTimeout=60, DelaySeconds=5)}, Url={"Ref": "Queue"})["Url"]
    sqs.send(url, "kept", DelaySeconds=0)
    again = deploy({"Queue": queue(DelaySeconds=7, Tags=[{"Key": "a", "Value": "1"}])}, Url={"Ref": "Queue"})
    assert again["Url"] == url
    assert sqs.attributes(url, "VisibilityTimeout", "DelaySeconds") == {"VisibilityTimeout": "30", "DelaySeconds": "7"}
    assert sqs.client.list_queue_tags(QueueUrl=url)["Tags"]["a"] == "1"
    assert sqs.bodies(url) == ["kept"]


def test_fifo_queues(sqs, deploy):
    found = deploy(
        {"Queue": queue(FifoQueue=True, ContentBasedDeduplication=True), "Standard": queue(FifoQueue=False)},
        Url={"Ref": "Queue"},
    )
    assert found["Url"].endswith(".fifo")
    assert sqs.attributes(found["Url"], "ContentBasedDeduplication") == {"ContentBasedDeduplication": "true"}


@pytest.mark.parametrize("kind", ["QueuePolicy", "QueueInlinePolicy"])
def test_policies(sqs, deploy, kind):
    target = {"Queues": [{"Ref": "Queue"}]} if kind == "QueuePolicy" else {"Queue": {"Ref": "Queue"}}

    def resources(effect):
        statement = {"Effect": effect, "Principal": "*", "Action": "sqs:SendMessage", "Resource": attribute("Arn")}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        properties = {"PolicyDocument": policy, **target}
        return {"Queue": queue(), "Policy": {"Type": f"AWS::SQS::{kind}", "Properties": properties}}

    url = deploy(resources("Allow"), Url={"Ref": "Queue"})["Url"]
    [statement] = json.loads(sqs.attributes(url, "Policy")["Policy"])["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", sqs.arn(url))
    deploy(resources("Deny"), Url={"Ref": "Queue"})
    assert json.loads(sqs.attributes(url, "Policy")["Policy"])["Statement"][0]["Effect"] == "Deny"
    deploy({"Queue": queue()}, Url={"Ref": "Queue"})
    assert sqs.attributes(url, "Policy") == {}


def test_everything_goes_with_the_stack(sqs, deploy, refused):
    url = deploy({"Queue": queue()}, Url={"Ref": "Queue"})["Url"]
    deploy.delete()
    assert refused(sqs.client.purge_queue, QueueUrl=url)["QueryErrorCode"] == "QueueDoesNotExist"
