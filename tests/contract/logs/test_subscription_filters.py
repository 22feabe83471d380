import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:no-such-function"


def put(logs, group, **options):
    logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", **options)


def test_a_group_begins_without(logs, group):
    assert logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"] == []


@pytest.mark.parametrize(
    ("destination", "code", "message"),
    [
        (FUNCTION, "InvalidParameterException", "Could not execute the lambda function."),
        (FUNCTION.replace("000000000000", "111111111111"), "AccessDeniedException", "Cross-account lambda invocation"),
        (
            "arn:aws:kinesis:us-east-1:000000000000:stream/none",
            "InvalidParameterException",
            "destinationArn for vendor kinesis cannot be used without roleArn",
        ),
        ("arn:aws:firehose:us-east-1:000000000000:deliverystream/d", "InvalidParameterException", "not to firehose"),
        ("nonsense", "InvalidParameterException", "not a valid ARN"),
    ],
)
def test_the_destination_must_be_there(logs, group, destination, code, message):
    with pytest.raises(ClientError) as caught:
        put(logs, group, destinationArn=destination)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]


def test_deleting_names_what_is_missing(logs, group, unique):
    with pytest.raises(ClientError, match="The specified log group does not exist"):
        logs.delete_subscription_filter(logGroupName=f"{unique}x", filterName="f")
    with pytest.raises(ClientError, match="The specified subscription filter does not exist"):
        logs.delete_subscription_filter(logGroupName=group, filterName="f")


PRINTS_WHAT_COMES = """
import base64, gzip

def handler(event, context):
    print("got", gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode())
"""


@pytest.fixture
def function(client, unique):
    """A function that prints what is delivered to it: its ARN."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", PRINTS_WHAT_COMES)
    made = client("lambda").create_function(
        FunctionName=f"{unique}-f",
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/logs",
        Code={"ZipFile": code.getvalue()},
    )
    return made["FunctionArn"]


def test_a_function_gets_what_matches(penstock, logs, group, put, now, unique, function):
    logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern='"order"', destinationArn=function)
    [found] = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert found.pop("creationTime") >= now
    assert found == {
        "logGroupName": group,
        "filterName": "f",
        "filterPattern": '"order"',
        "destinationArn": function,
        "distribution": "ByLogStream",
        "applyOnTransformedLogs": False,
    }
    put("order 1", "other", "order 2")
    penstock.settle()
    [event] = logs.filter_log_events(logGroupName=f"/aws/lambda/{unique}-f", filterPattern="got")["events"]
    message = json.loads(event["message"].partition("got ")[2])
    ids = [item.pop("id") for item in message["logEvents"]]
    assert [len(event_id) for event_id in ids] == [56, 56]
    assert message == {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": group,
        "logStream": "s",
        "subscriptionFilters": ["f"],
        "logEvents": [
            {"timestamp": now - 1000, "message": "order 1"},
            {"timestamp": now - 998, "message": "order 2"},
        ],
    }


def test_two_filters_are_the_most_and_names_are_updated(logs, group, function):
    request = {"logGroupName": group, "filterPattern": "", "destinationArn": function}
    for name in ("a", "b", "a"):
        logs.put_subscription_filter(**request, filterName=name)
    assert len(logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]) == 2
    with pytest.raises(ClientError, match="Resource limit exceeded"):
        logs.put_subscription_filter(**request, filterName="c")
    logs.delete_subscription_filter(logGroupName=group, filterName="a")
    [left] = logs.describe_subscription_filters(logGroupName=group, filterNamePrefix="b")["subscriptionFilters"]
    assert left["filterName"] == "b"
