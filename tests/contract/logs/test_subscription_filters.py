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
