import pytest
from botocore.exceptions import ClientError


def test_describes_what_was_created(logs, unique):
    logs.create_log_group(logGroupName=unique, kmsKeyId="arn:aws:kms:us-east-1:000000000000:key/k", tags={"a": "b"})
    [found] = logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"]
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}"
    assert found.pop("creationTime") > 1.5e12
    assert found == {
        "logGroupName": unique,
        "arn": arn + ":*",
        "logGroupArn": arn,
        "kmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/k",
        "logGroupClass": "STANDARD",
        "metricFilterCount": 0,
        "storedBytes": 0,
        "deletionProtectionEnabled": False,
    }


def test_a_name_is_taken_once(logs, unique):
    logs.create_log_group(logGroupName=unique)
    with pytest.raises(ClientError) as caught:
        logs.create_log_group(logGroupName=unique)
    assert caught.value.response["Error"] == {
        "Code": "ResourceAlreadyExistsException",
        "Message": "The specified log group already exists",
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a" * 513, "Invalid LogGroup or LogStream, both must have length less than or equal to 512."),
        (
            "no spaces",
            "1 validation error detected: Value 'no spaces' at 'logGroupName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+",
        ),
        ("aws/mine", "Log groups starting with AWS/ are reserved for AWS."),
    ],
)
def test_refuses_names(logs, name, message):
    with pytest.raises(ClientError) as caught:
        logs.create_log_group(logGroupName=name)
    assert caught.value.response["Error"] == {"Code": "InvalidParameterException", "Message": message}


def test_pages_through_a_prefix_in_order(logs, unique):
    names = [f"{unique}/{i:02d}" for i in range(7)]
    for name in [*reversed(names), f"x{unique}"]:
        logs.create_log_group(logGroupName=name)
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=unique, PaginationConfig={"PageSize": 3}
    )
    sizes = [[group["logGroupName"] for group in page["logGroups"]] for page in pages]
    assert sizes == [names[:3], names[3:6], names[6:]]


def test_a_pattern_finds_the_middle_of_names_in_short_form(logs, unique):
    logs.create_log_group(logGroupName=f"a/{unique}/z")
    [found] = logs.describe_log_groups(logGroupNamePattern=unique)["logGroups"]
    assert found["logGroupName"] == f"a/{unique}/z"
    assert "storedBytes" not in found
    assert logs.list_log_groups(logGroupNamePattern=f"^b/x|{unique[2:]}")["logGroups"] == [
        {"logGroupName": f"a/{unique}/z", "logGroupArn": found["logGroupArn"], "logGroupClass": "STANDARD"}
    ]


def test_prefix_and_pattern_exclude_each_other(logs):
    with pytest.raises(ClientError) as caught:
        logs.describe_log_groups(logGroupNamePrefix="abc", logGroupNamePattern="abc")
    assert caught.value.response["Error"]["Message"] == (
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
    )


def test_finds_groups_by_identifier(logs, group):
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    found = logs.describe_log_groups(logGroupIdentifiers=[arn, "no-such-group"])["logGroups"]
    assert [item["logGroupName"] for item in found] == [group]


def test_a_deleted_group_is_gone_with_its_streams(logs, group, put):
    put("x")
    logs.delete_log_group(logGroupName=group)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
    logs.create_log_group(logGroupName=group)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    assert logs.filter_log_events(logGroupName=group)["events"] == []


def test_deletion_protection_holds_until_it_is_lifted(logs, group):
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=True)
    with pytest.raises(ClientError, match="ValidationException"):
        logs.delete_log_group(logGroupName=group)
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=group)
    with pytest.raises(ClientError) as caught:
        logs.delete_log_group(logGroupName=group)
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "The specified log group does not exist.",
    }


def test_kms_keys_come_and_go(logs, group):
    logs.associate_kms_key(logGroupName=group, kmsKeyId="arn:aws:kms:us-east-1:000000000000:key/k")
    assert "kmsKeyId" in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    logs.disassociate_kms_key(logGroupName=group)
    assert "kmsKeyId" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_regions_and_accounts_do_not_see_each_other(client, group):
    for other in (client("logs", region="eu-west-1"), client("logs", account="111111111111")):
        assert other.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_what_is_not_implemented_says_so(logs):
    with pytest.raises(ClientError) as caught:
        logs.start_query(logGroupName="g", startTime=0, endTime=1, queryString="fields @message")
    assert caught.value.response["Error"]["Message"] == "Penstock does not implement logs.StartQuery."
