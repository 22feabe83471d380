import pytest
from botocore.exceptions import ClientError

DAY = 86_400


def test_a_policy_is_set_and_taken_away(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_only_aws_numbers_of_days_count(logs, group):
    with pytest.raises(ClientError) as caught:
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterException"
    assert "Member must satisfy enum value set: [1, 3, 5, 7, " in error["Message"]


def test_events_expire_as_time_goes_by(penstock, logs, group, put):
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    put("old")
    penstock.advance(DAY / 2)
    now = int(penstock.now() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": "new"}])
    penstock.advance(DAY / 2 + 1)
    for events in (
        logs.filter_log_events(logGroupName=group)["events"],
        logs.get_log_events(logGroupName=group, logStreamName="s")["events"],
    ):
        assert [event["message"] for event in events] == ["new"]
    penstock.settle()
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["storedBytes"] == 3 + 26
    penstock.advance(3 * DAY)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["storedBytes"] == 0
