"""JSONata: expressions, `$states`, variables."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import one

Run = Callable[..., dict[str, Any]]
PASS = {"Type": "Pass", "End": True}


def test_output_and_assign(run: Run) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Pass",
                "Assign": {"total": "{% $sum($states.input.prices) %}", "half": 0.5},
                "Output": {"count": "{% $count($states.input.prices) %}", "name": "{% $states.context.State.Name %}"},
                "Next": "B",
            },
            "B": {"Type": "Succeed", "Output": "{% $merge([$states.input, {'half': $total * $half}]) %}"},
        },
    }
    assert run(definition, {"prices": [1, 2, 3]})["output"] == {"count": 3, "name": "A", "half": 3}


def test_null_stays_null_and_missing_is_an_error(run: Run) -> None:
    definition = one({"Type": "Pass", "Output": {"n": "{% $states.input.n %}"}}, QueryLanguage="JSONata")
    assert run(definition, {"n": None})["output"] == {"n": None}
    found = run(definition, {})
    assert found["error"] == "States.QueryEvaluationError"
    assert "returned nothing (undefined)." in found["cause"]


def test_choice_with_conditions_and_outputs(run: Run) -> None:
    rule = {"Condition": "{% $states.input.n > 3 %}", "Output": {"big": True}, "Assign": {"x": 1}, "Next": "E"}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "S",
        "States": {
            "S": {"Type": "Choice", "Choices": [rule], "Default": "E"},
            "E": {"Type": "Succeed"},
        },
    }
    assert run(definition, {"n": 4})["output"] == {"big": True}
    assert run(definition, {"n": 1})["output"] == {"n": 1}


def test_map_over_items_with_wait(run: Run) -> None:
    state = {
        "Type": "Map",
        "Items": "{% $states.input.list %}",
        "ItemSelector": {"v": "{% $states.context.Map.Item.Value %}"},
        "ItemProcessor": {
            "StartAt": "W",
            "States": {
                "W": {"Type": "Wait", "Seconds": "{% $states.input.v %}", "Next": "P"},
                "P": {"Type": "Pass", "Output": "{% $states.input.v * 2 %}", "End": True},
            },
        },
        "Output": "{% $sum($states.result) %}",
    }
    assert run(one(state, QueryLanguage="JSONata"), {"list": [1, 2]}, advance=3)["output"] == 6


def test_functions_of_step_functions(run: Run) -> None:
    output = {
        "parts": "{% $partition([1..5], 2) %}",
        "range": "{% $range(0, 6, 3) %}",
        "hash": "{% $hash('a', 'MD5') %}",
        "parsed": "{% $parse('{\"a\": null}') %}",
        "uuid": "{% $length($uuid()) %}",
        "random": "{% $random(1) = $random(1) %}",
    }
    assert run(one({"Type": "Pass", "Output": output}, QueryLanguage="JSONata"))["output"] == {
        "parts": [[1, 2], [3, 4], [5]],
        "range": [0, 3, 6],
        "hash": "0cc175b9c0f1b6a831c399e269772661",
        "parsed": {"a": None},
        "uuid": 36,
        "random": True,
    }


def test_a_caught_error_and_the_task_result(run: Run) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
        "Arguments": {"QueueName": "{% 'no-' & 'queue' %}"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": {"was": "{% $states.errorOutput.Error %}"}, "Next": "E"}],
        "Next": "E",
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state, "E": {"Type": "Succeed"}}}
    assert run(definition)["output"] == {"was": "Sqs.QueueDoesNotExistException"}


@pytest.mark.parametrize(
    ("state", "field", "wanted"),
    [
        ({"Type": "Wait", "Seconds": "{% 'x' %}"}, "Seconds", "'number', but was 'string' for value: \"x\""),
        ({"Type": "Wait", "Timestamp": "{% 1 %}"}, "Timestamp", "'string', but was 'number' for value: 1"),
        ({"Type": "Fail", "Error": "{% true %}"}, "Error", "'string', but was 'boolean' for value: true"),
        (
            {"Type": "Map", "Items": "{% {'a': 1} %}", "ItemProcessor": {"StartAt": "I", "States": {"I": PASS}}},
            "Items",
            "'array', but was 'object' for value: {\"a\":1}",
        ),
        (
            {"Type": "Choice", "Choices": [{"Condition": "{% null %}", "Next": "E"}]},
            "Choices[0]/Condition",
            "'boolean', but was 'null' for value: null",
        ),
    ],
)
def test_what_an_expression_must_give(run: Run, state: dict[str, Any], field: str, wanted: str) -> None:
    definition = one(state, QueryLanguage="JSONata")
    definition["States"]["E"] = {"Type": "Succeed"}
    if state["Type"] != "Choice":
        del definition["States"]["E"]
    found = run(definition)
    assert found["error"] == "States.QueryEvaluationError"
    assert found["cause"].endswith(f"for the field '{field}' returned an unexpected result type. Expected {wanted}")


def test_eval_is_not_supported(run: Run) -> None:
    assert "not supported" in run(one({"Type": "Pass", "Output": "{% $eval('1') %}"}, QueryLanguage="JSONata"))["cause"]
