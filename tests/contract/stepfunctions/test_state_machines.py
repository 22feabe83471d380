"""State machines, versions, aliases, validation, tags."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE, one

PASS = one({"Type": "Pass"})


def task(what: str, **parameters: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{what}", "Parameters": parameters}


_CALL = task("aws-sdk:sqs:listQueues")


def _map(**more: Any) -> dict[str, Any]:
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    return one({"Type": "Map", "ItemProcessor": {**PASS, **config}, **more})


def test_create_is_idempotent_and_update_makes_a_revision(sfn: Any, machine: Callable[..., str], unique: str) -> None:
    arn = machine(PASS, name=unique)
    assert machine(PASS, name=unique) == arn
    with pytest.raises(sfn.exceptions.StateMachineAlreadyExists):
        machine(one({"Type": "Succeed"}), name=unique)
    updated = sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(one({"Type": "Succeed"})))
    found = sfn.describe_state_machine(stateMachineArn=arn)
    assert found["revisionId"] == updated["revisionId"]
    assert (found["type"], found["status"], found["roleArn"]) == ("STANDARD", "ACTIVE", ROLE)
    assert json.loads(found["definition"])["States"]["S"]["Type"] == "Succeed"
    sfn.delete_state_machine(stateMachineArn=arn)
    with pytest.raises(sfn.exceptions.StateMachineDoesNotExist):
        sfn.describe_state_machine(stateMachineArn=arn)


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 81, "a<"])
def test_bad_names(sfn: Any, name: str) -> None:
    with pytest.raises(ClientError) as error:
        sfn.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=ROLE)
    assert error.value.response["Error"]["Code"] in ("InvalidName", "ValidationException")


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}},
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}, "B": {"Type": "Pass", "End": True}}},
            'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
        ),
        (one({"Type": "Task", "Resource": "x"}), "Value is not a valid resource ARN at /States/S/Resource"),
        (
            one({"Type": "Pass", "Parameters": {"a.$": "no"}}),
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at "
            "/States/S/Parameters",
        ),
        (one({"Type": "Pass", "Wrong": 1}), "Field 'Wrong' is not supported at /States/S"),
        ({"StartAt": "S"}, "'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"),
        ({}, "These fields are required: [States, StartAt] at /"),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}},
            "MISSING_END_STATE: Workflow has no terminal state at null",
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A", "End": True}}},
            "There should only be one of the following fields: [Next, End] at /States/A",
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass"}}},
            "This object should have only one of the following fields: [Next, End] at /States/A",
        ),
        (
            one({"Type": "Pass", "QueryLanguage": "JSONPath"}, QueryLanguage="JSONata"),
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S'",
        ),
        (
            one({"Type": "Pass", "Result": 1}, QueryLanguage="JSONata"),
            "The QueryLanguage is set to 'JSONata', but field 'Result' is only supported for the 'JSONPath' "
            "QueryLanguage at /States/S",
        ),
        (
            one({"Type": "Pass", "Output": "{% 1"}, QueryLanguage="JSONata"),
            "JSONata string must start with {% and end with %} at /States/S/Output",
        ),
        (one({"Type": "Choice", "Choices": []}), "Value cannot be empty at /States/S/Choices"),
        (
            one({"Type": "Choice", "Choices": [{"Next": "S"}]}),
            "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]",
        ),
        (
            one({"Type": "Choice", "Choices": [{"Not": {"Variable": "x", "IsNull": True}, "Next": "S"}]}),
            "Value is not a Reference Path: Reference path didn't start with '$' at /States/S/Choices[0]/Not/Variable",
        ),
        (one({"Type": "Parallel", "Branches": []}), "Value cannot be empty at /States/S/Branches"),
        (one({"Type": "Wait", "Seconds": "5"}), "Expected value of type Integer at /States/S/Seconds"),
        (one({"Type": "Wait", "Timestamp": "soon"}), "String does not match RFC3339 timestamp at /States/S/Timestamp"),
        (
            one({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s"}),
            "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp]",
        ),
        (
            one({**_CALL, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["a"]}]}),
            "States.ALL must appear alone and at end of list at /States/S/Retry[0]/ErrorEquals[0]",
        ),
        (
            one({**_CALL, "Retry": [{"ErrorEquals": ["a"], "BackoffRate": 0.5}]}),
            "Minimum value is 1 at /States/S/Retry[0]/BackoffRate",
        ),
        (
            one({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"}),
            "Parameters field is required for resource ARN: arn:aws:states:::sqs:sendMessage at /States/S/Resource",
        ),
        (one({"Type": "Pass", "Assign": {"states": 1}}), "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable"),
        (one({"Type": "Pass", "Assign": {"a-b": 1}}), "INVALID_VARIABLE_NAME: Invalid variable name 'a-b'"),
        (one({"Type": "Pass", "ResultPath": "$.a[*]"}), "Value is not a Reference Path"),
        (one({"Type": "Wait", "Seconds": -1}), "at /States/S/Seconds"),
        (one({"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync"}), "is not recognized"),
        (
            one({"Type": "Parallel", "Branches": [one({"Type": "Pass", "Assign": {"x": 1}})], "Assign": {"x": 2}}),
            "The variable 'x' is assigned in an outer scope and cannot be assigned here at /States/S/Branches[0]",
        ),
        (_map(Label="a b"), "INVALID_LABEL_NAME"),
        (_map(ResultWriter={}), "These fields are required: [Resource] at /States/S/ResultWriter"),
        (
            _map(ResultWriter={"WriterConfig": {"OutputType": "XML"}}),
            "Value should be one of the following: [JSON, JSONL] at",
        ),
        (
            _map(ItemReader={"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV"}}),
            "The field 'CSVHeaderLocation' is required at /States/S/ItemReader/ReaderConfig",
        ),
        (
            _map(ItemReader={"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "PARQUET"}}),
            "Penstock does not read items of the InputType PARQUET at",
        ),
    ],
)
def test_invalid_definitions(sfn: Any, unique: str, definition: dict[str, Any], message: str) -> None:
    with pytest.raises(sfn.exceptions.InvalidDefinition) as error:
        sfn.create_state_machine(name=unique, definition=json.dumps(definition), roleArn=ROLE)
    text = error.value.response["Error"]["Message"]
    assert text.startswith("Invalid State Machine Definition: '") and message in text
    found = sfn.validate_state_machine_definition(definition=json.dumps(definition))
    assert found["result"] == "FAIL" and found["diagnostics"][0]["severity"] == "ERROR"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (" ", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
        ("[]", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
        (
            "not a definition",
            "INVALID_JSON_DESCRIPTION",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')\n at [Source: (String)\"not a definition\"; line: 1, column: 4]",
        ),
    ],
)
def test_texts_that_are_no_definitions(sfn: Any, text: str, code: str, message: str) -> None:
    found = sfn.validate_state_machine_definition(definition=text)["diagnostics"]
    assert [(one["code"], one["message"]) for one in found] == [(code, message)]


def test_retries_without_a_pause_and_machines_without_a_time_limit(machine: Callable[..., str]) -> None:
    machine(one({**_CALL, "Retry": [{"ErrorEquals": ["a"], "IntervalSeconds": 0}]}, TimeoutSeconds=0))


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (task("aws-sdk:sqs:sendMessage", QueueUrl="u"), "The field 'MessageBody' is required but was missing"),
        (
            task("sqs:sendMessage", QueueUrl="u", MessageBody="m", Nope=1),
            "The field 'Nope' is not supported by Step Functions",
        ),
        (task("aws-sdk:sqs:listQueues", maxResults=1), "The field 'maxResults' is not supported by Step Functions"),
        (task("aws-sdk:dynamodb:getItem", TableName="t", Key={"id": {"X": 1}}), "/S/Parameters/Key/id"),
        (task("http:invoke", ApiEndpoint="http://a"), "The field 'Method' is required but was missing"),
    ],
)
def test_parameters_that_the_operation_does_not_have(sfn: Any, unique: str, state: Any, fault: str) -> None:
    with pytest.raises(sfn.exceptions.InvalidDefinition, match="SCHEMA_VALIDATION_FAILED") as error:
        sfn.create_state_machine(name=unique, definition=json.dumps(one(state)), roleArn=ROLE)
    assert fault in error.value.response["Error"]["Message"]


def test_expressions_as_parameters_are_not_looked_into(machine: Callable[..., str]) -> None:
    machine(one(task("sqs:sendMessage", **{"QueueUrl.$": "$.u", "MessageBody.$": "$.m"})))
    arguments = {"QueueUrl": "{% $u %}", "MessageBody": {"a": 1}, "MessageAttributes": "{% $a %}"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": arguments}
    machine(one(state, QueryLanguage="JSONata"))


@pytest.mark.parametrize(
    ("state", "code", "location"),
    [
        (task("aws-sdk:sqs:listQueues", QueueNamePrefix="$.p"), "NO_DOLLAR", "/States/S/Parameters/QueueNamePrefix"),
        ({"Type": "Wait", "Timestamp": "2030-01-01T00:00:00Z"}, "", ""),
        ({"Type": "Fail", "Error": "$.error"}, "NO_PATH", "/States/S/Error"),
        ({"Type": "Pass", "Result": {"a.$": "$.b"}}, "PASS_RESULT_IS_STATIC", "/States/S/Result/a.$"),
    ],
)
def test_warnings(sfn: Any, machine: Callable[..., str], state: Any, code: str, location: str) -> None:
    text = json.dumps(one(state))
    found = sfn.validate_state_machine_definition(definition=text, severity="WARNING")
    shown = [(one["severity"], one["code"], one["location"]) for one in found["diagnostics"]]
    assert (found["result"], shown) == ("OK", [("WARNING", code, location)] if code else [])
    assert sfn.validate_state_machine_definition(definition=text)["diagnostics"] == []
    machine(one(state))


def test_express_refuses_what_it_cannot_wait_for(sfn: Any, unique: str) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {}}
    with pytest.raises(sfn.exceptions.InvalidDefinition, match="Express state machine does not support"):
        sfn.create_state_machine(name=unique, definition=json.dumps(one(state)), roleArn=ROLE, type="EXPRESS")


def test_versions_and_weighted_aliases(sfn: Any, machine: Callable[..., str]) -> None:
    arn = machine(one({"Type": "Pass", "Result": 1}), publish=True)
    sfn.update_state_machine(
        stateMachineArn=arn, definition=json.dumps(one({"Type": "Pass", "Result": 2})), publish=True
    )
    versions = [
        one["stateMachineVersionArn"]
        for one in sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    ]
    assert versions == [f"{arn}:2", f"{arn}:1"]
    routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    alias = sfn.create_state_machine_alias(name="live", routingConfiguration=routing)["stateMachineAliasArn"]
    execution = sfn.start_execution(stateMachineArn=alias)["executionArn"]
    found = sfn.describe_execution(executionArn=execution)
    assert (found["output"], found["stateMachineVersionArn"], found["stateMachineAliasArn"]) == ("1", f"{arn}:1", alias)
    with pytest.raises(sfn.exceptions.ConflictException):
        sfn.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    wrong = [{"stateMachineVersionArn": f"{arn}:1", "weight": 40}, {"stateMachineVersionArn": f"{arn}:2", "weight": 40}]
    with pytest.raises(ClientError, match=r"Sum of routing configuration weights must equal 100. Received: \[40, 40\]"):
        sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=wrong)
    sfn.update_state_machine_alias(
        stateMachineAliasArn=alias, routingConfiguration=[{"stateMachineVersionArn": f"{arn}:2", "weight": 100}]
    )
    execution = sfn.start_execution(stateMachineArn=alias)["executionArn"]
    assert sfn.describe_execution(executionArn=execution)["output"] == "2"
    assert [one["executionArn"] for one in sfn.list_executions(stateMachineArn=f"{arn}:2")["executions"]] == [execution]


def test_tags(sfn: Any, machine: Callable[..., str]) -> None:
    arn = machine(PASS, tags=[{"key": "a", "value": "1"}])
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    sfn.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]


def test_from_a_template(client: Callable[..., Any], sfn: Any, unique: str) -> None:
    definition = '{"StartAt": "S", "States": {"S": {"Type": "Pass", "Result": "${value}", "End": true}}}'
    resources = {
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": ROLE,
                "DefinitionString": definition,
                "DefinitionSubstitutions": {"value": "made"},
                "LoggingConfiguration": {"Level": "OFF"},
            },
        },
        "Version": {
            "Type": "AWS::StepFunctions::StateMachineVersion",
            "Properties": {"StateMachineArn": {"Ref": "Machine"}},
        },
        "Alias": {
            "Type": "AWS::StepFunctions::StateMachineAlias",
            "Properties": {
                "Name": "live",
                "RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}],
            },
        },
        "Work": {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": unique}},
    }
    outputs = {"Alias": {"Value": {"Ref": "Alias"}}, "Name": {"Value": {"Fn::GetAtt": ["Machine", "Name"]}}}
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName=unique, TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    stack = cloudformation.describe_stacks(StackName=unique)["Stacks"][0]
    found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    execution = sfn.start_execution(stateMachineArn=found["Alias"])["executionArn"]
    assert sfn.describe_execution(executionArn=execution)["output"] == '"made"'
    assert found["Name"].startswith(unique)
