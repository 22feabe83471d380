"""What each type of state does, in JSONPath."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import kinds, one

Run = Callable[..., dict[str, Any]]


def test_pass_moves_data_through_every_filter(run: Run) -> None:
    state = {
        "Type": "Pass",
        "InputPath": "$.in",
        "Parameters": {"a.$": "$.x", "name.$": "$$.State.Name", "fixed": 1},
        "ResultPath": "$.out.made",
        "OutputPath": "$.out",
    }
    assert run(one(state), {"in": {"x": [1, 2]}})["output"] == {"made": {"a": [1, 2], "name": "S", "fixed": 1}}


def test_a_null_result_path_discards_the_result(run: Run) -> None:
    state = {"Type": "Pass", "Result": {"lost": True}, "ResultPath": None}
    assert run(one(state), {"kept": 1})["output"] == {"kept": 1}


def test_a_missing_path_fails_the_execution_with_its_state(run: Run) -> None:
    found = run(one({"Type": "Pass", "Parameters": {"b.$": "$.nope"}}), {"a": 1})
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert found["cause"] == (
        "An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.nope' specified "
        "for the field 'b.$' could not be found in the input '{\"a\":1}'"
    )


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ({"Variable": "$.n", "NumericGreaterThan": 4}, True),
        ({"Variable": "$.n", "StringEquals": "5"}, False),
        ({"Variable": "$.s", "StringMatches": "log-*.txt"}, True),
        ({"Variable": "$.t", "TimestampLessThan": "2026-01-01T00:00:00Z"}, True),
        ({"Variable": "$.absent", "IsPresent": False}, True),
        ({"Variable": "$.nil", "IsNull": True}, True),
        ({"Not": {"Variable": "$.n", "NumericEqualsPath": "$.m"}}, True),
        ({"And": [{"Variable": "$.n", "IsNumeric": True}, {"Variable": "$.s", "IsString": True}]}, True),
        ({"Or": [{"Variable": "$.b", "BooleanEquals": False}, {"Variable": "$.n", "NumericLessThan": 1}]}, False),
    ],
)
def test_choice(run: Run, rule: dict[str, Any], matches: bool) -> None:
    definition = {
        "StartAt": "S",
        "States": {
            "S": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
            "Yes": {"Type": "Pass", "Result": True, "End": True},
            "No": {"Type": "Pass", "Result": False, "End": True},
        },
    }
    given = {"n": 5, "m": 6, "s": "log-1.txt", "t": "2025-05-05T00:00:00Z", "nil": None, "b": True}
    assert run(definition, given)["output"] is matches


def test_no_choice_matches(run: Run) -> None:
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "E"}
    definition = {
        "StartAt": "S",
        "States": {"S": {"Type": "Choice", "Choices": [rule]}, "E": {"Type": "Succeed"}},
    }
    assert run(definition, {"n": 2})["error"] == "States.NoChoiceMatched"


@pytest.mark.parametrize(
    "field", [{"Seconds": 30}, {"SecondsPath": "$.s"}, {"TimestampPath": "$.t"}, {"Timestamp": "2020-01-01T00:00:00Z"}]
)
def test_wait(run: Run, field: dict[str, Any]) -> None:
    given = {"s": 30, "t": "2021-01-01T00:00:00+01:00"}
    assert run(one({"Type": "Wait", **field}), given, advance=31)["status"] == "SUCCEEDED"


def test_a_wait_is_still_on_before_its_time(run: Run) -> None:
    assert run(one({"Type": "Wait", "Seconds": 30}), advance=29)["status"] == "RUNNING"


def test_fail_with_paths(run: Run) -> None:
    state = {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('because of {}', $.c)"}
    found = run(one(state), {"e": "Bad", "c": "it"})
    assert (found["error"], found["cause"]) == ("Bad", "because of it")


def test_parallel_gathers_its_branches_in_order(run: Run, sfn: Any) -> None:
    slow = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "Next": "A"}, "A": _result("slow")}}
    fast = {"StartAt": "B", "States": {"B": _result("fast")}}
    found = run(one({"Type": "Parallel", "Branches": [slow, fast]}), advance=6)
    assert found["output"] == ["slow", "fast"]
    assert "ParallelStateSucceeded" in kinds(sfn, found["executionArn"])


def _result(value: Any) -> dict[str, Any]:
    return {"Type": "Pass", "Result": value, "End": True}


def test_a_branch_that_fails_ends_the_others_and_is_caught(run: Run, sfn: Any) -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 500, "End": True}}}
    fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}}}
    catch = [{"ErrorEquals": ["Broken"], "ResultPath": "$.error", "Next": "E"}]
    definition = {
        "StartAt": "S",
        "States": {
            "S": {"Type": "Parallel", "Branches": [waits, fails], "Catch": catch, "Next": "E"},
            "E": {"Type": "Succeed"},
        },
    }
    found = run(definition, {"kept": 1})
    assert found["output"] == {"kept": 1, "error": {"Error": "Broken", "Cause": "on purpose"}}
    assert "WaitStateAborted" in kinds(sfn, found["executionArn"])


def test_map_with_selector_and_concurrency(run: Run) -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Wait", "Seconds": 1, "End": True}}}
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"value.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "all.$": "$.factor"},
        "MaxConcurrency": 2,
        "ItemProcessor": inner,
        "ResultPath": "$.done",
    }
    found = run(one(state), {"items": ["a", "b", "c"], "factor": 7}, advance=10)
    assert found["output"]["done"] == [{"value": v, "at": i, "all": 7} for i, v in enumerate("abc")]
    assert (found["stopDate"] - found["startDate"]).total_seconds() >= 2


def test_an_empty_map(run: Run) -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    assert run(one({"Type": "Map", "ItemProcessor": inner}), [])["output"] == []


def test_variables_reach_into_branches(run: Run) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"x.$": "$.n", "y": 2}, "Next": "M"},
            "M": {
                "Type": "Map",
                "ItemsPath": "$.list",
                "ItemProcessor": {
                    "StartAt": "I",
                    "States": {"I": {"Type": "Pass", "Parameters": {"x.$": "$x.deep", "y.$": "$y"}, "End": True}},
                },
                "End": True,
            },
        },
    }
    assert run(definition, {"n": {"deep": 1}, "list": [0]})["output"] == [{"x": 1, "y": 2}]


def test_the_execution_has_a_time_limit(run: Run) -> None:
    definition = one({"Type": "Wait", "Seconds": 100}, TimeoutSeconds=10)
    assert run(definition, advance=11)["status"] == "TIMED_OUT"


def test_too_much_data(run: Run) -> None:
    state = {"Type": "Pass", "Parameters": {"a.$": "$.text", "b.$": "$.text"}}
    assert run(one(state), {"text": "x" * 200_000})["error"] == "States.DataLimitExceeded"


def links(sfn: Any, arn: str) -> list[tuple[str, int]]:
    return [
        (event["type"], event["previousEventId"]) for event in sfn.get_execution_history(executionArn=arn)["events"]
    ]


def test_what_follows_what_in_a_map(sfn: Any, machine: Callable[..., str]) -> None:
    """An iteration follows what the one before did last; leaving the state follows the last iteration."""
    inner = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    arn = machine(one({"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": inner}))
    execution = sfn.start_execution(stateMachineArn=arn, input="[1, 2]")["executionArn"]
    assert links(sfn, execution)[3:] == [
        ("MapIterationStarted", 3),
        ("PassStateEntered", 4),
        ("PassStateExited", 5),
        ("MapIterationSucceeded", 6),
        ("MapIterationStarted", 6),
        ("PassStateEntered", 8),
        ("PassStateExited", 9),
        ("MapIterationSucceeded", 10),
        ("MapStateSucceeded", 11),
        ("MapStateExited", 11),
        ("ExecutionSucceeded", 13),
    ]


def test_what_follows_what_in_a_parallel_state(sfn: Any, machine: Callable[..., str]) -> None:
    branch = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    execution = sfn.start_execution(stateMachineArn=machine(one({"Type": "Parallel", "Branches": [branch]})))
    assert links(sfn, execution["executionArn"])[4:] == [
        ("PassStateExited", 4),
        ("ParallelStateSucceeded", 5),
        ("ParallelStateExited", 5),
        ("ExecutionSucceeded", 7),
    ]
