"""Executions: start, stop, list, history, redrive; express; logs; TestState; distributed maps."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

from .conftest import ROLE, kinds, one

Run = Callable[..., dict[str, Any]]
WAIT = one({"Type": "Wait", "Seconds": 1000})


def test_a_name_is_one_execution(sfn: Any, machine: Callable[..., str], unique: str) -> None:
    arn = machine(WAIT)
    first = sfn.start_execution(stateMachineArn=arn, name=unique, input='{"a": 1}')
    assert (
        sfn.start_execution(stateMachineArn=arn, name=unique, input='{"a": 1}')["executionArn"] == first["executionArn"]
    )
    with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
        sfn.start_execution(stateMachineArn=arn, name=unique, input="{}")
    with pytest.raises(sfn.exceptions.InvalidExecutionInput):
        sfn.start_execution(stateMachineArn=arn, input="{")


def test_stop(sfn: Any, machine: Callable[..., str]) -> None:
    execution = sfn.start_execution(stateMachineArn=machine(WAIT))["executionArn"]
    sfn.stop_execution(executionArn=execution, error="Enough", cause="by hand")
    found = sfn.describe_execution(executionArn=execution)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Enough", "by hand")
    assert kinds(sfn, execution)[-1] == "ExecutionAborted"


def test_lists_and_history_come_in_pages(sfn: Any, machine: Callable[..., str]) -> None:
    arn = machine(one({"Type": "Pass"}))
    started = [sfn.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(5)]
    pages = sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2})
    assert [one["executionArn"] for page in pages for one in page["executions"]] == started[::-1]
    assert sfn.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    token = sfn.list_executions(stateMachineArn=arn, maxResults=2)["nextToken"]
    with pytest.raises(sfn.exceptions.InvalidToken) as caught:
        sfn.list_executions(stateMachineArn=arn, maxResults=2, statusFilter="ABORTED", nextToken=token)
    assert "Input inconsistent with page token" in caught.value.response["Error"]["Message"]
    page = sfn.get_execution_history(executionArn=started[0], reverseOrder=True, maxResults=2)
    assert [event["id"] for event in page["events"]] == [4, 3]
    hidden = sfn.get_execution_history(executionArn=started[0], includeExecutionData=False)["events"]
    assert hidden[1]["stateEnteredEventDetails"] == {"name": "S"}


def test_redrive_goes_on_where_it_failed(
    sfn: Any, machine: Callable[..., str], client: Callable[..., Any], unique: str
) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl", "Parameters": {"QueueName": unique}}
    branches = [one({"Type": "Pass", "Result": "kept"}), one(task)]
    branches[1] = {"StartAt": "T", "States": {"T": {**task, "End": True}}}
    arn = machine({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}})
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    assert sfn.describe_execution(executionArn=execution)["redriveStatus"] == "REDRIVABLE"
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    sfn.redrive_execution(executionArn=execution)
    found = sfn.describe_execution(executionArn=execution)
    assert (found["status"], found["redriveCount"]) == ("SUCCEEDED", 1)
    assert json.loads(found["output"]) == ["kept", {"QueueUrl": url}]
    assert kinds(sfn, execution).count("PassStateEntered") == 1
    with pytest.raises(sfn.exceptions.ExecutionNotRedrivable):
        sfn.redrive_execution(executionArn=execution)


def test_synchronous_express(sfn: Any, machine: Callable[..., str]) -> None:
    arn = machine(one({"Type": "Pass", "Result": 1}), type="EXPRESS")
    found = sfn.start_sync_execution(stateMachineArn=arn, input='{"a": 1}')
    assert (found["status"], found["output"]) == ("SUCCEEDED", "1")
    failed = machine(one({"Type": "Fail", "Error": "E", "Cause": "C"}), type="EXPRESS")
    found = sfn.start_sync_execution(stateMachineArn=failed)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "E", "C")
    with pytest.raises(sfn.exceptions.StateMachineTypeNotSupported):
        sfn.start_sync_execution(stateMachineArn=machine(WAIT))
    with pytest.raises(sfn.exceptions.StateMachineTypeNotSupported):
        sfn.list_executions(stateMachineArn=arn)


@pytest.mark.parametrize(("level", "wanted"), [("ALL", 5), ("ERROR", 2), ("FATAL", 1)])
def test_logs_by_level(
    sfn: Any, machine: Callable[..., str], client: Callable[..., Any], unique: str, level: str, wanted: int
) -> None:
    client("logs").create_log_group(logGroupName=unique)
    group = {"logGroupArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}:*"}
    logging = {"level": level, "includeExecutionData": True, "destinations": [{"cloudWatchLogsLogGroup": group}]}
    definition = {
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "E", "Cause": "C"}},
    }
    arn = machine(definition, type="EXPRESS", loggingConfiguration=logging)
    sfn.start_sync_execution(stateMachineArn=arn, input='{"n": 1}')
    events = [json.loads(event["message"]) for event in client("logs").filter_log_events(logGroupName=unique)["events"]]
    assert len(events) == wanted
    assert events[-1]["type"] == "ExecutionFailed"
    assert events[-1]["details"] == {"error": "E", "cause": "C"}
    assert events[-1]["execution_arn"].startswith("arn:aws:states:us-east-1:000000000000:express:")


def test_test_state(sfn: Any) -> None:
    state = {"Type": "Pass", "Parameters": {"b.$": "$.a"}, "ResultPath": "$.r", "Next": "Z"}
    found = sfn.test_state(definition=json.dumps(state), roleArn=ROLE, input='{"a": 1}', inspectionLevel="DEBUG")
    assert (found["status"], json.loads(found["output"]), found["nextState"]) == (
        "SUCCEEDED",
        {"a": 1, "r": {"b": 1}},
        "Z",
    )
    assert json.loads(found["inspectionData"]["afterParameters"]) == {"b": 1}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "nowhere"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handler"}],
        "End": True,
    }
    found = sfn.test_state(definition=json.dumps(task), roleArn=ROLE)
    assert (found["status"], found["nextState"]) == ("CAUGHT_ERROR", "Handler")
    assert found["error"] == "Lambda.ResourceNotFoundException"


def _distributed(**more: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "IsNumeric": True, "Next": "Ok"}],
                "Default": "Bad",
            },
            "Ok": {"Type": "Pass", "End": True},
            "Bad": {"Type": "Fail", "Error": "Bad"},
        },
    }
    return one({"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 2, "Label": "L", **more})


def test_a_distributed_map_runs_child_executions(run: Run, sfn: Any) -> None:
    found = run(_distributed(), [{"n": 1}, {"n": 2}, {"n": 3}], advance=1)
    assert found["output"] == [{"n": 1}, {"n": 2}, {"n": 3}]
    [map_run] = sfn.list_map_runs(executionArn=found["executionArn"])["mapRuns"]
    told = sfn.describe_map_run(mapRunArn=map_run["mapRunArn"])
    assert told["itemCounts"]["resultsWritten"] == told["executionCounts"]["resultsWritten"] == 3
    assert (told["status"], told["itemCounts"]["succeeded"]) == ("SUCCEEDED", 3)
    assert len(sfn.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]) == 3


def test_failures_within_and_beyond_what_is_tolerated(run: Run) -> None:
    items = [{"n": 1}, {"n": "x"}, {"n": 3}]
    assert run(_distributed(), items, advance=1)["error"] == "States.ExceedToleratedFailureThreshold"
    assert run(_distributed(ToleratedFailureCount=1), items, advance=1)["output"] == [{"n": 1}, {"n": 3}]


def test_items_from_s3_and_results_into_it(
    run: Run, client: Callable[..., Any], unique: str, penstock: TestRuntime
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="in.csv", Body=b"n,m\n1,a\n2,b\n")
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
        "Parameters": {"Bucket": unique, "Key": "in.csv"},
    }
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": unique, "Prefix": "out"}}
    selector = {"n": 1, "row.$": "$$.Map.Item.Value"}
    found = run(_distributed(ItemReader=reader, ResultWriter=writer, ItemSelector=selector), advance=1)
    key = found["output"]["ResultWriterDetails"]["Key"]
    manifest = json.loads(s3.get_object(Bucket=unique, Key=key)["Body"].read())
    [file] = manifest["ResultFiles"]["SUCCEEDED"]
    results = json.loads(s3.get_object(Bucket=unique, Key=file["Key"])["Body"].read())
    assert [json.loads(one["Output"])["row"] for one in results] == [{"n": "1", "m": "a"}, {"n": "2", "m": "b"}]


def test_data_may_be_left_out(run: Run, sfn: Any) -> None:
    found = run(one({"Type": "Pass"}), {"a": 1})
    bare = sfn.describe_execution(executionArn=found["executionArn"], includedData="METADATA_ONLY")
    assert bare["status"] == "SUCCEEDED"
    assert not {"input", "output"} & bare.keys()
    machine = sfn.describe_state_machine(stateMachineArn=found["stateMachineArn"], includedData="METADATA_ONLY")
    assert "definition" not in machine


def test_variable_references(sfn: Any, machine: Callable[..., str]) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"x": 1, "y.$": "$.y"}, "Next": "B"},
            "B": {"Type": "Pass", "Parameters": {"a.$": "$x", "b.$": "States.Format('{} $no', $y.z)"}, "Next": "C"},
            "C": {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": "{% ($local := $sum($x); $local + $map($y, function($i){$i}) & '$no' & $states.input.q) %}",
                "End": True,
            },
        },
    }
    found = sfn.describe_state_machine(stateMachineArn=machine(definition))
    assert found["variableReferences"] == {"B": ["x", "y"], "C": ["x", "y"]}


def test_of_express_executions_nothing_is_kept(
    sfn: Any, machine: Callable[..., str], error: Callable[..., tuple[str, str]]
) -> None:
    arn = sfn.start_execution(stateMachineArn=machine(one({"Type": "Pass"}), type="EXPRESS"))["executionArn"]
    wanted = ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    assert error(sfn.describe_execution, executionArn=arn) == wanted
    assert error(sfn.get_execution_history, executionArn=arn) == wanted


def test_a_timeout_has_no_cause(run: Run, sfn: Any, client: Callable[..., Any], unique: str) -> None:
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    parameters = {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    found = run(one({"Type": "Task", "Resource": resource, "TimeoutSeconds": 5, "Parameters": parameters}), advance=6)
    assert (found["error"], "cause" in found) == ("States.Timeout", False)


def test_a_role_has_to_be_one(sfn: Any, unique: str, error: Callable[..., tuple[str, str]]) -> None:
    definition = json.dumps(one({"Type": "Pass"}))
    found = error(sfn.create_state_machine, name=unique, roleArn="nobody", definition=definition)
    assert found == ("InvalidArn", "Invalid Role Arn: 'nobody'")
