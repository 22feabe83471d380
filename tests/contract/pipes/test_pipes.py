"""Pipes: create, describe, list, update, delete, start, stop, tags."""

import pytest

from .conftest import ROLE

TARGET = "arn:aws:sqs:us-east-1:000000000000:somewhere"


def test_create_and_describe(pipes, unique, source):
    made = pipes.create_pipe(
        Name=unique, Source=source[1], Target=TARGET, RoleArn=ROLE, Description="d", Tags={"a": "b"}
    )
    assert (made["CurrentState"], made["DesiredState"]) == ("CREATING", "RUNNING")
    found = pipes.describe_pipe(Name=unique)
    found.pop("ResponseMetadata")
    times = found.pop("CreationTime"), found.pop("LastModifiedTime")
    assert times == (made["CreationTime"], made["LastModifiedTime"])
    assert found == {
        "Arn": f"arn:aws:pipes:us-east-1:000000000000:pipe/{unique}",
        "Name": unique,
        "Description": "d",
        "DesiredState": "RUNNING",
        "CurrentState": "RUNNING",
        "StateReason": "USER_INITIATED",
        "Source": source[1],
        "Target": TARGET,
        "RoleArn": ROLE,
        "Tags": {"a": "b"},
    }


def test_a_name_is_used_once(pipe, error, pipes, unique, source):
    pipe(TARGET)
    request = {"Name": unique, "Source": source[1], "Target": TARGET, "RoleArn": ROLE}
    assert error(pipes.create_pipe, **request) == ("ConflictException", f"Pipe {unique} already exists.")


@pytest.mark.parametrize("operation", ["describe_pipe", "delete_pipe", "start_pipe", "stop_pipe"])
def test_a_pipe_that_is_not_there(pipes, unique, error, operation):
    assert error(getattr(pipes, operation), Name=unique) == ("NotFoundException", f"Pipe {unique} does not exist.")


def test_start_and_stop(pipe, pipes):
    name = pipe(TARGET, DesiredState="STOPPED")
    assert pipes.describe_pipe(Name=name)["CurrentState"] == "STOPPED"
    started = pipes.start_pipe(Name=name)
    assert started["CurrentState"] == "STARTING"
    assert pipes.describe_pipe(Name=name)["CurrentState"] == "RUNNING"
    again = pipes.start_pipe(Name=name)
    assert (again["CurrentState"], again["LastModifiedTime"]) == ("RUNNING", started["LastModifiedTime"])
    assert pipes.stop_pipe(Name=name)["CurrentState"] == "STOPPING"
    assert pipes.describe_pipe(Name=name)["CurrentState"] == "STOPPED"
    assert pipes.stop_pipe(Name=name)["CurrentState"] == "STOPPED"


def test_update_replaces_the_parameters_of_a_service_only(pipe, pipes):
    queue = {"SqsQueueParameters": {"BatchSize": 3, "MaximumBatchingWindowInSeconds": 1}}
    criteria = {"FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]}}
    name = pipe(TARGET, SourceParameters={**queue, **criteria}, TargetParameters={"InputTemplate": "<$.body>"})
    changed = {"SqsQueueParameters": {"BatchSize": 5}}
    assert pipes.update_pipe(Name=name, RoleArn=ROLE, SourceParameters=changed)["CurrentState"] == "UPDATING"
    found = pipes.describe_pipe(Name=name)
    assert found["SourceParameters"] == {**criteria, **changed}
    assert found["TargetParameters"] == {"InputTemplate": "<$.body>"}


def test_delete(pipe, pipes, error):
    name = pipe(TARGET)
    answer = pipes.delete_pipe(Name=name)
    assert (answer["CurrentState"], answer["DesiredState"]) == ("DELETING", "DELETED")
    assert error(pipes.describe_pipe, Name=name)[0] == "NotFoundException"


def test_list(pipes, unique, source):
    for letter, state in (("c", "RUNNING"), ("a", "STOPPED"), ("b", "RUNNING")):
        name = f"{unique}-{letter}"
        pipes.create_pipe(Name=name, Source=source[1], Target=TARGET, RoleArn=ROLE, DesiredState=state)
    first = pipes.list_pipes(NamePrefix=unique, Limit=2)
    second = pipes.list_pipes(NamePrefix=unique, Limit=2, NextToken=first["NextToken"])
    assert [found["Name"][-1] for found in first["Pipes"] + second["Pipes"]] == ["a", "b", "c"]
    assert "NextToken" not in second
    running = pipes.list_pipes(NamePrefix=unique, CurrentState="RUNNING")["Pipes"]
    assert [found["Name"][-1] for found in running] == ["b", "c"]
    assert len(pipes.list_pipes(SourcePrefix=source[1])["Pipes"]) == 3
    assert pipes.list_pipes(NamePrefix=unique, TargetPrefix="arn:aws:lambda")["Pipes"] == []


def test_tags(pipe, pipes):
    arn = pipes.describe_pipe(Name=pipe(TARGET, Tags={"a": "1", "b": "2"}))["Arn"]
    pipes.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    pipes.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}


def test_a_source_that_is_not_there(pipes, unique):
    missing = f"arn:aws:sqs:us-east-1:000000000000:{unique}"
    assert pipes.create_pipe(Name=unique, Source=missing, Target=TARGET, RoleArn=ROLE)["CurrentState"] == "CREATING"
    found = pipes.describe_pipe(Name=unique)
    assert found["CurrentState"] == "CREATE_FAILED"
    assert missing in found["StateReason"]


QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"Source": "arn:aws:mq:us-east-1:000000000000:broker:b:b-1"}, "does not read from mq"),
        ({"Source": "arn:aws:kafka:us-east-1:000000000000:cluster/c/x"}, "does not read from kafka"),
        ({"Source": "smk://broker.example.com:9092"}, "does not read from smk"),
        ({"Target": "arn:aws:firehose:us-east-1:000000000000:deliverystream/s"}, "to targets of firehose"),
        ({"Target": "arn:aws:redshift:us-east-1:000000000000:cluster:c"}, "to targets of redshift"),
        ({"Enrichment": QUEUE}, "does not enrich events by sqs"),
        ({"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}}, "BatchSize 11 is greater than 10"),
        (
            {
                "Target": "arn:aws:lambda:us-east-1:000000000000:function:f",
                "SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}},
            },
            "Maximum batch window",
        ),
        (
            {
                "Enrichment": "arn:aws:events:us-east-1:000000000000:api-destination/d/1-2",
                "SourceParameters": {"SqsQueueParameters": {"BatchSize": 2}},
            },
            "BatchSize 2 is greater than 1",
        ),
        ({"SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "LATEST"}}}, "KinesisStreamParameters"),
        ({"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}}, "Invalid filter pattern"),
        ({"TargetParameters": {"InputTemplate": "<aws.pipes.nonsense>"}}, "not a reserved variable"),
        ({"TargetParameters": {"InputTemplate": "<$.a[>"}}, "not a JSON path"),
        ({"LogConfiguration": {"Level": "INFO"}}, "log destination"),
        (
            {"LogConfiguration": {"Level": "INFO", "S3LogDestination": {"BucketName": "abc", "BucketOwner": "0" * 12}}},
            "S3LogDestination",
        ),
        ({"RoleArn": "nobody"}, "failed to satisfy constraint"),
    ],
)
def test_refused(pipes, unique, error, settings, told):
    request = {"Name": unique, "Source": QUEUE, "Target": TARGET, "RoleArn": ROLE, **settings}
    code, message = error(pipes.create_pipe, **request)
    assert code == "ValidationException"
    assert told in message
