"""Rotation with a function; what the function would do is done by the test's own Invoke."""

import datetime
import json
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.base.errors import AwsError
from penstock.call import Context, Service
from penstock.services import SERVICES
from penstock.testing import TestRuntime, running

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
STEPS: dict[str, list[str]] = {}  # by secret
FAILS: set[str] = set()  # secrets whose functions fail


def invoke(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """AWS's template of a rotation function."""
    if request["FunctionName"] == f"{ARN}missing":
        raise AwsError("ResourceNotFoundException", "Function not found")
    if request.get("InvocationType") == "DryRun":
        return {"StatusCode": 204}
    event = json.loads(request["Payload"])
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    STEPS.setdefault(arn, []).append(step)
    stages = ctx.call_now("secretsmanager", "DescribeSecret", {"SecretId": arn})["VersionIdsToStages"]
    assert "AWSPENDING" in stages[token]
    if arn in FAILS:
        return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b"{}"}
    if step == "createSecret":
        with pytest.raises(AwsError, match="can't find the specified secret value"):
            ctx.call_now("secretsmanager", "GetSecretValue", {"SecretId": arn, "VersionId": token})
        new = {"SecretId": arn, "ClientRequestToken": token, "SecretString": token, "VersionStages": ["AWSPENDING"]}
        ctx.call_now("secretsmanager", "PutSecretValue", new)
    if step == "finishSecret":
        current = next(version for version, labels in stages.items() if "AWSCURRENT" in labels)
        move = {"VersionStage": "AWSCURRENT", "MoveToVersionId": token, "RemoveFromVersionId": current}
        ctx.call_now("secretsmanager", "UpdateSecretVersionStage", {"SecretId": arn, **move})
    return {"StatusCode": 200, "Payload": b"null"}


@pytest.fixture(scope="module")
def runtime() -> Iterator[TestRuntime]:
    stub = Service(name="lambda", operations=(sys.modules[__name__],))
    others = (service for service in SERVICES if service.name != "lambda")
    with running(services=(*others, stub)) as found:
        yield found


@pytest.fixture
def secrets(runtime):
    return runtime.client("secretsmanager")


@pytest.fixture
def secret(secrets, unique):
    return secrets.create_secret(Name=unique, SecretString="first")["ARN"]


def rotate(secrets, secret, **more):
    request = {"RotationLambdaARN": f"{ARN}rotate", "RotationRules": {"AutomaticallyAfterDays": 1}, **more}
    return secrets.rotate_secret(SecretId=secret, **request)["VersionId"]


def test_a_secret_is_rotated_at_once(runtime, secrets, secret):
    before = secrets.get_secret_value(SecretId=secret)["VersionId"]
    version = rotate(secrets, secret)
    runtime.advance(1)
    assert STEPS[secret] == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == version
    found = secrets.describe_secret(SecretId=secret)
    assert found["VersionIdsToStages"] == {version: ["AWSCURRENT", "AWSPENDING"], before: ["AWSPREVIOUS"]}
    assert (found["RotationEnabled"], found["RotationLambdaARN"]) == (True, f"{ARN}rotate")
    assert found["RotationRules"] == {"AutomaticallyAfterDays": 1}
    tomorrow = datetime.datetime.fromtimestamp(runtime.now() + 86_400, datetime.UTC).date()
    assert found["NextRotationDate"].astimezone(datetime.UTC).date() == tomorrow
    assert found["LastRotatedDate"] <= datetime.datetime.fromtimestamp(runtime.now(), datetime.UTC)


def test_it_is_rotated_every_day_until_that_is_cancelled(runtime, secrets, secret):
    rotate(secrets, secret)
    runtime.advance(3 * 86_400)
    assert STEPS[secret].count("finishSecret") == 4
    secrets.cancel_rotate_secret(SecretId=secret)
    runtime.advance(3 * 86_400)
    assert STEPS[secret].count("finishSecret") == 4
    assert secrets.describe_secret(SecretId=secret)["RotationEnabled"] is False


def test_a_schedule_expression(runtime, secrets, secret):
    rotate(secrets, secret, RotationRules={"ScheduleExpression": "rate(12 hours)", "Duration": "2h"})
    runtime.advance(25 * 3600)
    assert STEPS[secret].count("finishSecret") == 3


def test_later_means_that_it_is_only_tested(runtime, secrets, secret):
    rotate(secrets, secret, RotateImmediately=False)
    runtime.advance(1)
    assert STEPS[secret] == ["testSecret"]
    found = secrets.describe_secret(SecretId=secret)
    assert len(found["VersionIdsToStages"]) == 1
    assert "LastRotatedDate" not in found


def test_one_that_failed_is_reattempted(runtime, secrets, secret, error):
    FAILS.add(secret)
    version = rotate(secrets, secret)
    runtime.advance(1)
    assert STEPS[secret] == ["createSecret"]
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "first"
    FAILS.discard(secret)
    assert error(secrets.rotate_secret, SecretId=secret) == (
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
    )
    runtime.advance(1)
    assert secrets.get_secret_value(SecretId=secret)["VersionId"] == version


def test_refusals(secrets, secret, error):
    assert error(secrets.rotate_secret, SecretId=secret) == (
        "InvalidRequestException",
        "No Lambda rotation function ARN is associated with this secret.",
    )
    assert error(secrets.rotate_secret, SecretId=secret, RotationLambdaARN=f"{ARN}missing") == (
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
        "the principal secretsmanager.amazonaws.com.",
    )
    both = {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"}
    request = {"SecretId": secret, "RotationLambdaARN": f"{ARN}rotate"}
    assert error(secrets.rotate_secret, RotationRules=both, **request)[0] == "InvalidParameterException"
    assert "RotationEnabled" not in secrets.describe_secret(SecretId=secret)


def test_a_token_makes_the_version(runtime, secrets, secret):
    token = str(uuid.uuid4())
    assert rotate(secrets, secret, ClientRequestToken=token) == token
    runtime.advance(1)
    assert secrets.get_secret_value(SecretId=secret)["VersionId"] == token


def test_a_schedule_in_a_template(runtime, secrets, unique):
    schedule = {"SecretId": {"Ref": "Secret"}, "RotationLambdaARN": f"{ARN}rotate"}
    resources = {
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": unique, "SecretString": "first"}},
        "Schedule": {
            "Type": "AWS::SecretsManager::RotationSchedule",
            "Properties": {**schedule, "RotationRules": {"ScheduleExpression": "rate(10 days)"}},
        },
    }
    stacks = runtime.client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=json.dumps({"Resources": resources}))
    stacks.get_waiter("stack_create_complete").wait(StackName=unique, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    runtime.advance(1)
    found = secrets.describe_secret(SecretId=unique)
    assert found["RotationRules"] == {"ScheduleExpression": "rate(10 days)"}
    assert STEPS[found["ARN"]][-1] == "finishSecret"
