import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from infra.app import build

ROOT = Path(__file__).parent.parent
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]


@pytest.fixture(scope="module")
def template() -> Template:
    stack = build(CONTEXT).node.find_child("TasksStack")
    assert isinstance(stack, cdk.Stack)
    return Template.from_stack(stack)


def mappings(template: Template, source: str) -> list[dict[str, Any]]:
    found = [each["Properties"] for each in template.find_resources("AWS::Lambda::EventSourceMapping").values()]
    return [each for each in found if source in json.dumps(each["EventSourceArn"])]


def test_outputs(template: Template) -> None:
    names = {"ApiUrl", "AuditBucketName", "AuditDeadLetterQueueUrl", "EventLogTableName", "StreamName"}
    assert set(template.find_outputs("*")) == names


def test_the_log_is_keyed_by_aggregate_and_sequence_and_streams_new_items(template: Template) -> None:
    template.has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "KeySchema": [
                {"AttributeName": "AggregateTypeAndId", "KeyType": "HASH"},
                {"AttributeName": "AggregateIdSequence", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "AggregateTypeAndId", "AttributeType": "S"},
                {"AttributeName": "AggregateIdSequence", "AttributeType": "N"},
            ],
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        },
    )


def test_the_api_cannot_change_the_log(template: Template) -> None:
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if "EventLogTable" in json.dumps(statement["Resource"]):
                actions = statement["Action"]
                assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}.isdisjoint(
                    [actions] if isinstance(actions, str) else actions
                ), name


def test_each_listener_tries_five_times_more_and_has_its_own_dead_letters(template: Template) -> None:
    listeners = mappings(template, "EventLogStream")
    assert len(listeners) == 3
    for listener in listeners:
        assert listener["MaximumRetryAttempts"] == 5
        assert listener["BisectBatchOnFunctionError"] is True
        assert listener["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queues = {json.dumps(listener["DestinationConfig"]["OnFailure"]) for listener in listeners}
    assert len(queues) == 3


def test_the_side_effect_is_limited_to_this_region(template: Template) -> None:
    filters = [each["FilterCriteria"] for each in mappings(template, "EventLogStream") if "FilterCriteria" in each]
    assert len(filters) == 1
    assert "AWS::Region" in json.dumps(filters)


def test_nothing_is_left_out_between_the_log_and_the_stream(template: Template) -> None:
    [publisher] = mappings(template, "EventLogTable")
    assert "MaximumRetryAttempts" not in publisher
    assert publisher["StartingPosition"] == "TRIM_HORIZON"


def test_everything_that_keeps_data_is_encrypted_and_ends(template: Template) -> None:
    template.all_resources_properties("AWS::DynamoDB::Table", {"SSESpecification": {"SSEEnabled": True}})
    template.all_resources_properties("AWS::SQS::Queue", {"SqsManagedSseEnabled": True})
    template.all_resources_properties("AWS::SQS::Queue", {"MessageRetentionPeriod": Match.any_value()})
    template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": Match.any_value()})
    template.has_resource_properties(
        "AWS::Kinesis::Stream",
        {
            "RetentionPeriodHours": 24,
            "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
            "StreamEncryption": Match.any_value(),
        },
    )


def test_the_record_of_what_happened_outlives_the_stack(template: Template) -> None:
    kinds = {"AWS::DynamoDB::Table": "EventLogTable", "AWS::S3::Bucket": "AuditLog"}
    for kind, name in kinds.items():
        kept = [key for key, each in template.find_resources(kind).items() if each["DeletionPolicy"] == "Retain"]
        assert [key.rstrip("0123456789ABCDEF") for key in kept] == [name]


def test_cdk_nag_passes() -> None:
    assert build({**CONTEXT, "nag": "true"}).synth().stacks
