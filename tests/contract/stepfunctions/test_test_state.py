"""TestState with mocks: results, errors, and what a Map state makes of its items."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import ROLE, one

PROCESSOR = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
ITEM = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:getItem",
    "Parameters": {"TableName": "t", "Key": {"id": {"S": "a"}}},
    "ResultSelector": {"n.$": "$.Item.n.N"},
    "Retry": [{"ErrorEquals": ["Custom"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 2}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handler"}],
    "Next": "Done",
}


def _test(sfn: Any, state: dict[str, Any], **more: Any) -> Any:
    return sfn.test_state(definition=json.dumps(state), roleArn=ROLE, inspectionLevel="DEBUG", **more)


def test_a_mocked_result_goes_through_the_output_fields(sfn: Any) -> None:
    found = _test(sfn, ITEM, mock={"result": json.dumps({"Item": {"n": {"N": "7"}}})})
    assert (found["status"], found["nextState"], found["output"]) == ("SUCCEEDED", "Done", '{"n":"7"}')


def test_a_mocked_result_has_to_look_like_the_service_s(sfn: Any, error: Callable[..., tuple[str, str]]) -> None:
    mock = {"result": json.dumps({"Item": {"n": "7"}})}
    code, message = error(sfn.test_state, definition=json.dumps(ITEM), roleArn=ROLE, mock=mock)
    assert (code, message) == (
        "ValidationException",
        "Mock result schema validation error: /Item/n must be a structure",
    )
    loose = _test(sfn, {**ITEM, "ResultSelector": {"n.$": "$.Item.n"}}, mock={**mock, "fieldValidationMode": "NONE"})
    assert loose["output"] == '{"n":"7"}'


def test_a_mocked_error_is_retried_until_the_retrier_has_had_enough(sfn: Any) -> None:
    mock = {"errorOutput": {"error": "Custom", "cause": "because"}}
    first = _test(sfn, ITEM, mock=mock, stateConfiguration={"retrierRetryCount": 1})
    assert first["status"] == "RETRIABLE"
    assert first["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": 6}
    last = _test(sfn, ITEM, mock=mock, stateConfiguration={"retrierRetryCount": 2})
    assert (last["status"], last["nextState"]) == ("CAUGHT_ERROR", "Handler")
    assert json.loads(last["output"]) == {"Error": "Custom", "Cause": "because"}


def test_a_map_shows_its_items(sfn: Any) -> None:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {
        "Type": "Map",
        "ItemsPath": "$.list",
        "ItemSelector": {"v.$": "$$.Map.Item.Value"},
        "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ItemProcessor": {**PROCESSOR, "ProcessorConfig": config},
        "MaxConcurrency": 4,
        "ToleratedFailureCount": 1,
        "End": True,
    }
    given = {"input": json.dumps({"list": [1, 2, 3]}), "mock": {"result": "[1]"}}
    found = _test(sfn, state, **given, stateConfiguration={"mapIterationFailureCount": 1})
    data = found["inspectionData"]
    assert (found["status"], data["afterItemsPath"]) == ("SUCCEEDED", "[1,2,3]")
    assert data["afterItemSelector"] == '[{"v":1},{"v":2},{"v":3}]'
    assert [len(batch["Items"]) for batch in json.loads(data["afterItemBatcher"])] == [2, 1]
    assert (data["maxConcurrency"], data["toleratedFailureCount"]) == (4, 1)
    failed = _test(sfn, state, **given, stateConfiguration={"mapIterationFailureCount": 2})
    assert (failed["status"], failed["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")


def test_one_state_of_a_machine_with_a_context(sfn: Any) -> None:
    definition = one({"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name"}})
    found = _test(sfn, definition, stateName="S", context='{"Execution": {"Name": "mine"}}')
    assert found["output"] == '{"name":"mine"}'


_PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
_PARALLEL = {"Type": "Parallel", "Branches": [_PASS], "End": True}
_EXPORT = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}


@pytest.mark.parametrize(
    ("state", "said", "code", "message"),
    [
        (
            {"Type": "Pass", "End": True},
            {"mock": {"result": "{}"}},
            "ValidationException",
            "State type 'Pass' is not supported when a mock is specified",
        ),
        (
            ITEM,
            {"mock": {"result": "{}", "errorOutput": {}}},
            "ValidationException",
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ),
        (
            ITEM,
            {"mock": {"result": "{}"}, "revealSecrets": True},
            "ValidationException",
            "TestState does not support RevealSecrets when a mock is specified.",
        ),
        (
            _PARALLEL,
            {},
            "InvalidDefinition",
            "TestState API does not support Map or Parallel states. "
            "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
        ),
        (_PARALLEL, {"mock": {"result": "{}"}}, "ValidationException", "Mocked result must be an array."),
        (
            _PARALLEL,
            {"mock": {"result": "[1, 2]"}},
            "ValidationException",
            "Mocked result must contain the same number of items as number of Parallel branches.",
        ),
        (
            {"Type": "Map", "ItemProcessor": _PASS, "ResultWriter": _EXPORT, "End": True},
            {"mock": {"result": "[]"}},
            "ValidationException",
            "Mocked result must be a JSON object.",
        ),
    ],
)
def test_mocks_that_do_not_fit(
    sfn: Any, error: Callable[..., tuple[str, str]], state: Any, said: Any, code: str, message: str
) -> None:
    assert error(sfn.test_state, definition=json.dumps(state), roleArn=ROLE, **said) == (code, message)


@pytest.mark.parametrize(
    ("state", "members"),
    [
        (
            {"Type": "Pass", "End": True},
            {"input", "afterInputPath", "afterParameters", "afterResultSelector", "afterResultPath"},
        ),
        ({"Type": "Pass", "Result": 1, "End": True}, {"input", "result", "afterResultSelector", "afterResultPath"}),
        ({"Type": "Succeed"}, {"input", "afterInputPath"}),
        ({"Type": "Fail", "Error": "E"}, {"input", "afterInputPath"}),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": False, "Next": "X"}]},
            {"input", "afterInputPath"},
        ),
    ],
)
def test_what_is_shown_of_each_type(sfn: Any, state: Any, members: set[str]) -> None:
    found = sfn.test_state(definition=json.dumps(state), roleArn=ROLE, input="{}", inspectionLevel="DEBUG")
    assert found["inspectionData"].keys() == members
