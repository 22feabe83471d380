"""EventBridge in CloudFormation templates."""

import json

import pytest


@pytest.fixture
def stack(client, penstock, unique):
    """`stack(resources)`: creates the test's stack, or updates it; its outputs."""
    cloudformation = client("cloudformation")
    made = []

    def deploy(resources, **outputs):
        body = {
            "Resources": resources,
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        change = cloudformation.update_stack if made else cloudformation.create_stack
        change(StackName=unique, TemplateBody=json.dumps(body))
        made.append(unique)
        penstock.settle()
        [found] = cloudformation.describe_stacks(StackName=unique)["Stacks"]
        assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), found
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def delete():
        cloudformation.delete_stack(StackName=unique)
        penstock.settle()

    deploy.delete = delete
    return deploy


def template(unique, **rule):
    rule = {"EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["shop"]}, **rule}
    return {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": unique, "Description": "d"}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
        "Archive": {
            "Type": "AWS::Events::Archive",
            "Properties": {"SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]}, "RetentionDays": 3},
        },
        "Policy": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "StatementId": "s",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "events:PutEvents",
                    "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
                },
            },
        },
    }


def test_a_template_comes_alive_changes_and_goes(events, stack, unique, queue, bodies):
    url, arn = queue()
    outputs = stack(
        template(unique, Targets=[{"Id": "q", "Arn": arn, "InputPath": "$.detail"}]),
        Bus={"Ref": "Bus"},
        Rule={"Ref": "Rule"},
        RuleArn={"Fn::GetAtt": ["Rule", "Arn"]},
        Archive={"Ref": "Archive"},
    )
    bus, _, rule = outputs["Rule"].partition("|")
    assert (bus, outputs["Bus"]) == (unique, unique)
    assert outputs["RuleArn"] == f"arn:aws:events:us-east-1:000000000000:rule/{unique}/{rule}"
    policy = json.loads(events.describe_event_bus(Name=unique)["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["s"]

    entry = {"Source": "shop", "DetailType": "t", "Detail": '{"n":1}', "EventBusName": unique}
    events.put_events(Entries=[entry])
    assert bodies(url) == [{"n": 1}]
    assert events.describe_archive(ArchiveName=outputs["Archive"])["EventCount"] == 1

    stack(template(unique, EventPattern={"source": ["other"]}, State="DISABLED", Targets=[]))
    described = events.describe_rule(Name=rule, EventBusName=unique)
    assert (described["State"], json.loads(described["EventPattern"])) == ("DISABLED", {"source": ["other"]})
    assert events.list_targets_by_rule(Rule=rule, EventBusName=unique)["Targets"] == []

    stack.delete()
    assert events.list_event_buses(NamePrefix=unique)["EventBuses"] == []
    assert events.list_archives(NamePrefix=outputs["Archive"])["Archives"] == []


def test_a_scheduled_rule_on_the_default_bus(events, stack, queue, bodies, advance):
    url, arn = queue()
    rule = {
        "ScheduleExpression": "rate(2 minutes)",
        "Targets": [{"Id": "q", "Arn": arn, "Input": '{"tick": 1}'}],
    }
    outputs = stack({"Rule": {"Type": "AWS::Events::Rule", "Properties": rule}}, Rule={"Ref": "Rule"})
    assert events.describe_rule(Name=outputs["Rule"])["ScheduleExpression"] == "rate(2 minutes)"
    advance(121)
    assert bodies(url) == [{"tick": 1}]
    stack.delete()
    assert events.list_rules(NamePrefix=outputs["Rule"])["Rules"] == []


def test_a_task_as_target(deploy, events):
    account = "us-east-1:000000000000"
    ecs = {
        "TaskDefinitionArn": f"arn:aws:ecs:{account}:task-definition/t:1",
        "TaskCount": 2,
        "NetworkConfiguration": {"AwsVpcConfiguration": {"Subnets": ["subnet-1"]}},
        "PlacementStrategies": [{"Type": "spread", "Field": "host"}],
        "TagList": [{"Key": "k", "Value": "v"}],
    }
    target = {"Id": "t", "Arn": f"arn:aws:ecs:{account}:cluster/c", "EcsParameters": ecs}
    rule = {"ScheduleExpression": "rate(1 day)", "State": "DISABLED", "Targets": [target]}
    outputs = deploy({"Rule": {"Type": "AWS::Events::Rule", "Properties": rule}}, Name={"Ref": "Rule"})
    [found] = events.list_targets_by_rule(Rule=outputs["Name"])["Targets"]
    assert found["EcsParameters"] == {
        "TaskDefinitionArn": f"arn:aws:ecs:{account}:task-definition/t:1",
        "TaskCount": 2,
        "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-1"]}},
        "PlacementStrategy": [{"type": "spread", "field": "host"}],
        "Tags": [{"Key": "k", "Value": "v"}],
    }
