"""Tasks: integrations, retries, tokens, activities, time-outs."""

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

from .conftest import kinds, one

Run = Callable[..., dict[str, Any]]
NO_ITEM = {"TableName": "none", "Item.$": "$.i"}
NO_QUEUE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
    "Parameters": {"QueueName": "nowhere"},
}


def test_dynamodb_round_trip(run: Run, client: Callable[..., Any], unique: str) -> None:
    client("dynamodb").create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {"TableName": unique, "Item": {"id": {"S.$": "$.id"}, "n": {"N": "1"}}}
    get = {"TableName": unique, "Key": {"id": {"S.$": "$.id"}}}
    definition = {
        "StartAt": "Put",
        "States": {
            "Put": _task("dynamodb:putItem", put, ResultPath=None, Next="Get"),
            "Get": _task("dynamodb:getItem", get, ResultSelector={"n.$": "$.Item.n.N"}, End=True),
        },
    }
    assert run(definition, {"id": "a"})["output"] == {"n": "1"}


def _task(what: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{what}", "Parameters": parameters, **more}


def test_a_failed_condition_is_caught_by_name(run: Run, client: Callable[..., Any], unique: str) -> None:
    parameters = {"TableName": unique, "Key": {"id": {"S": "a"}}}
    found = run(one(_task("dynamodb:getItem", parameters)))
    assert found["error"] == "DynamoDB.ResourceNotFoundException"
    assert "Service: AmazonDynamoDBv2" in found["cause"]


def test_an_object_as_message_body_becomes_json(run: Run, client: Callable[..., Any], unique: str) -> None:
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    found = run(one(_task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"a.$": "$.v"}})), {"v": 1})
    assert found["output"]["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert json.loads(client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]) == {"a": 1}


def test_retries_back_off_and_end_in_the_catcher(run: Run, sfn: Any) -> None:
    retry = [
        {
            "ErrorEquals": ["States.TaskFailed"],
            "IntervalSeconds": 2,
            "MaxAttempts": 3,
            "BackoffRate": 3,
            "MaxDelaySeconds": 10,
        }
    ]
    state = {**NO_QUEUE, "Retry": retry, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}], "Next": "E"}
    found = run({"StartAt": "S", "States": {"S": state, "E": {"Type": "Succeed"}}}, advance=60)
    events = sfn.get_execution_history(executionArn=found["executionArn"])["events"]
    failed = [event["timestamp"] for event in events if event["type"] == "TaskFailed"]
    assert [round((b - a).total_seconds()) for a, b in itertools.pairwise(failed)] == [2, 6, 10]
    assert found["output"]["Error"] == "Sqs.QueueDoesNotExistException"


def test_token_success_failure_and_heartbeat(
    sfn: Any, machine: Callable[..., str], client: Callable[..., Any], unique: str, penstock: TestRuntime
) -> None:
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    body = {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"}
    arn = machine(one(_task("sqs:sendMessage.waitForTaskToken", body, HeartbeatSeconds=60)))

    def begin() -> tuple[str, str]:
        execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        message = client("sqs").receive_message(QueueUrl=url)["Messages"][0]
        client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return execution, message["Body"]

    execution, token = begin()
    penstock.advance(50)
    sfn.send_task_heartbeat(taskToken=token)
    penstock.advance(50)
    sfn.send_task_success(taskToken=token, output='{"fine": true}')
    assert json.loads(sfn.describe_execution(executionArn=execution)["output"]) == {"fine": True}
    with pytest.raises(sfn.exceptions.TaskTimedOut):
        sfn.send_task_success(taskToken=token, output="{}")
    execution, token = begin()
    sfn.send_task_failure(taskToken=token, error="Mine", cause="why")
    found = sfn.describe_execution(executionArn=execution)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Mine", "why")
    execution, _ = begin()
    penstock.advance(61)
    assert sfn.describe_execution(executionArn=execution)["error"] == "States.Timeout"
    with pytest.raises(sfn.exceptions.InvalidToken):
        sfn.send_task_success(taskToken="nonsense", output="{}")


def test_activity(sfn: Any, machine: Callable[..., str], unique: str) -> None:
    activity = sfn.create_activity(name=unique)["activityArn"]
    arn = machine(one({"Type": "Task", "Resource": activity, "Parameters": {"n.$": "$.n"}}))
    got: list[Any] = []
    worker = threading.Thread(target=lambda: got.append(sfn.get_activity_task(activityArn=activity, workerName="w")))
    worker.start()
    execution = sfn.start_execution(stateMachineArn=arn, input='{"n": 1}')["executionArn"]
    worker.join(20)
    assert json.loads(got[0]["input"]) == {"n": 1}
    sfn.send_task_success(taskToken=got[0]["taskToken"], output="2")
    assert sfn.describe_execution(executionArn=execution)["output"] == "2"
    assert kinds(sfn, execution)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]


def test_nested_execution_with_parsed_output(run: Run, machine: Callable[..., str]) -> None:
    child = machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": True}}})
    parameters = {"StateMachineArn": child, "Input": {"a.$": "$.v"}}
    found = run(one(_task("states:startExecution.sync:2", parameters, OutputPath="$.Output")), {"v": 3}, advance=6)
    assert found["output"] == {"a": 3}


def test_a_nested_execution_that_fails_fails_the_task(run: Run, machine: Callable[..., str]) -> None:
    child = machine(one({"Type": "Fail", "Error": "Deep", "Cause": "down"}))
    found = run(one(_task("states:startExecution.sync", {"StateMachineArn": child})), advance=1)
    assert found["error"] == "States.TaskFailed"
    assert json.loads(found["cause"])["Error"] == "Deep"


def test_a_task_without_answer_times_out(run: Run, client: Callable[..., Any], unique: str) -> None:
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    parameters = {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"}
    found = run(one(_task("sqs:sendMessage.waitForTaskToken", parameters, TimeoutSeconds=5)), advance=6)
    assert found["error"] == "States.Timeout"


def test_events_carry_the_execution(run: Run, client: Callable[..., Any], unique: str) -> None:
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{unique}"
    client("events").put_rule(Name=unique, EventPattern=json.dumps({"source": [unique]}))
    client("events").put_targets(Rule=unique, Targets=[{"Id": "q", "Arn": arn}])
    entry = {"Source": unique, "DetailType": "t", "Detail": {"n.$": "$.n"}, "EventBusName": "default"}
    found = run(one(_task("events:putEvents", {"Entries": [entry]})), {"n": 1})
    event = json.loads(client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert event["detail"] == {"n": 1}
    assert found["executionArn"] in event["resources"]


def test_status_changes_are_events(run: Run, client: Callable[..., Any], unique: str) -> None:
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    pattern = {"source": ["aws.states"], "detail": {"input": [{"wildcard": f"*{unique}*"}], "status": ["SUCCEEDED"]}}
    client("events").put_rule(Name=unique, EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:us-east-1:000000000000:{unique}"
    client("events").put_targets(Rule=unique, Targets=[{"Id": "q", "Arn": arn}])
    found = run(one({"Type": "Succeed"}), {"id": unique})
    event = json.loads(client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == found["executionArn"]


def test_a_topic_is_published_to(run: Run, client: Callable[..., Any], unique: str, penstock: TestRuntime) -> None:
    url, topic = _subscribed(client, unique)
    attribute = {"DataType": "String", "StringValue.$": "$.kind"}
    parameters = {"TopicArn": topic, "Message": {"n.$": "$.n"}, "MessageAttributes": {"kind": attribute}}
    found = run(one(_task("sns:publish", parameters)), {"n": 1, "kind": "k"}, advance=1)
    told = json.loads(client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert (json.loads(told["Message"]), told["MessageId"]) == ({"n": 1}, found["output"]["MessageId"])
    assert told["MessageAttributes"] == {"kind": {"Type": "String", "Value": "k"}}
    assert found["output"]["SdkHttpMetadata"]["HttpStatusCode"] == 200


def test_a_topic_s_subscriber_calls_back(
    sfn: Any, machine: Callable[..., str], client: Callable[..., Any], unique: str, penstock: TestRuntime
) -> None:
    url, topic = _subscribed(client, unique)
    parameters = {"TopicArn": topic, "Message": {"token.$": "$$.Task.Token"}}
    arn = machine(one(_task("sns:publish.waitForTaskToken", parameters)))
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    penstock.settle()
    told = json.loads(client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"])
    sfn.send_task_success(taskToken=json.loads(told["Message"])["token"], output='"done"')
    assert sfn.describe_execution(executionArn=execution)["output"] == '"done"'


def test_a_topic_that_is_not_there(run: Run) -> None:
    parameters = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:nowhere", "Message": "m"}
    found = run(one(_task("sns:publish", parameters)))
    assert found["error"] == "SNS.NotFoundException"
    assert found["cause"].startswith("Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound")


def _subscribed(client: Callable[..., Any], name: str) -> tuple[str, str]:
    """A queue's URL, and the topic that it listens to."""
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    topic = client("sns").create_topic(Name=name)["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:{name}")
    return url, str(topic)


def test_a_missed_heartbeat_is_caught_by_its_name(
    penstock: TestRuntime, sfn: Any, machine: Callable[..., str], unique: str
) -> None:
    activity = sfn.create_activity(name=unique)["activityArn"]
    caught = {"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}
    state = {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 5, "Catch": [caught], "End": True}
    definition = {"StartAt": "S", "States": {"S": state, "Late": {"Type": "Pass", "End": True}}}
    execution = sfn.start_execution(stateMachineArn=machine(definition))["executionArn"]
    assert sfn.get_activity_task(activityArn=activity)["taskToken"]
    penstock.advance(6)
    assert json.loads(sfn.describe_execution(executionArn=execution)["output"])["Error"] == "States.Timeout"


@pytest.mark.parametrize(
    ("state", "error", "cause"),
    [
        (_task("dynamodb:putItem", NO_ITEM), "DynamoDB.AmazonDynamoDBException", "Error Code: ValidationException"),
        (_task("aws-sdk:dynamodb:putItem", NO_ITEM), "DynamoDb.DynamoDbException", "Service: DynamoDb"),
        (_task("aws-sdk:s3:listObjects", {"Bucket": "no-one"}), "S3.NoSuchBucketException", ", Extended Request ID: "),
    ],
)
def test_errors_as_the_sdk_for_java_names_them(run: Run, state: Any, error: str, cause: str) -> None:
    found = run(one(state), {"i": None})
    assert found["error"] == error and cause in found["cause"]


def test_an_activity_that_is_gone(run: Run, sfn: Any, unique: str) -> None:
    activity = sfn.create_activity(name=unique)["activityArn"]
    sfn.delete_activity(activityArn=activity)
    found = run(one({"Type": "Task", "Resource": activity}))
    where = "An error occurred while executing the state 'S' (entered at the event id #2)."
    assert (found["error"], found["cause"]) == ("States.Runtime", f"{where} The activity {activity} does not exist.")
