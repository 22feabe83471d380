"""AWS::Scheduler::Schedule and AWS::Scheduler::ScheduleGroup."""

import pytest

ROLE = "arn:aws:iam::000000000000:role/scheduler"


def schedule(arn, **properties):
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "rate(1 day)",
            "Target": {"Arn": arn, "RoleArn": ROLE, "Input": "x", "RetryPolicy": {"MaximumRetryAttempts": "4"}},
            **properties,
        },
    }


@pytest.fixture
def group():
    return {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Tags": [{"Key": "a", "Value": "1"}]}}


def test_a_schedule_in_a_group(scheduler, deploy, queue, bodies, settle, group, error, unique):
    url, arn = queue()
    inside = schedule(arn, GroupName={"Ref": "Group"}, EndDate="2199-01-01T00:00:00.000Z", State="ENABLED")
    made = deploy(
        {"Group": group, "Nightly": inside},
        Name={"Ref": "Nightly"},
        Arn={"Fn::GetAtt": ["Nightly", "Arn"]},
        Group={"Ref": "Group"},
        GroupArn={"Fn::GetAtt": ["Group", "Arn"]},
    )
    settle()
    found = scheduler.get_schedule(Name=made["Name"], GroupName=made["Group"])
    assert found["Arn"] == made["Arn"]
    assert found["EndDate"].year == 2199
    assert found["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 4
    assert bodies(url) == ["x"]
    tags = {tag["Key"]: tag["Value"] for tag in scheduler.list_tags_for_resource(ResourceArn=made["GroupArn"])["Tags"]}
    assert tags == {"a": "1", "stack": unique}

    changed = schedule(arn, GroupName={"Ref": "Group"}, ScheduleExpression="cron(0 0 1 1 ? 2199)", State="DISABLED")
    again = deploy({"Group": {**group, "Properties": {}}, "Nightly": changed}, Name={"Ref": "Nightly"})
    assert again["Name"] == made["Name"]
    found = scheduler.get_schedule(Name=made["Name"], GroupName=made["Group"])
    assert (found["ScheduleExpression"], found["State"]) == ("cron(0 0 1 1 ? 2199)", "DISABLED")
    assert "EndDate" not in found
    [tag] = scheduler.list_tags_for_resource(ResourceArn=made["GroupArn"])["Tags"]
    assert tag["Key"] == "stack"

    deploy.delete()
    assert error(scheduler.get_schedule_group, Name=made["Group"])[0] == "ResourceNotFoundException"


def test_another_group_makes_another_schedule(scheduler, deploy, queue, group, error, unique):
    _, arn = queue()
    deploy({"Group": group, "Nightly": schedule(arn, Name=unique)})
    assert scheduler.get_schedule(Name=unique)["GroupName"] == "default"
    made = deploy(
        {"Group": group, "Nightly": schedule(arn, Name=unique, GroupName={"Ref": "Group"})}, Group={"Ref": "Group"}
    )
    assert scheduler.get_schedule(Name=unique, GroupName=made["Group"])["Name"] == unique
    assert error(scheduler.get_schedule, Name=unique)[0] == "ResourceNotFoundException"


def test_what_deleted_itself_is_made_again_by_an_update(scheduler, deploy, queue, advance, unique, error):
    _, arn = queue()
    once = {"Name": unique, "ScheduleExpression": "at(2020-01-01T00:00:00)", "ActionAfterCompletion": "DELETE"}
    deploy({"Once": schedule(arn, **once)})
    scheduler.delete_schedule(Name=unique)
    deploy({"Once": schedule(arn, **once, Description="again")})
    assert scheduler.get_schedule(Name=unique)["Description"] == "again"
    scheduler.delete_schedule(Name=unique)
    deploy.delete()
