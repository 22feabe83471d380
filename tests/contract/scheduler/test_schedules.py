"""CreateSchedule, UpdateSchedule, GetSchedule, DeleteSchedule."""

import datetime

import pytest

RETRIES = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


def test_a_schedule_is_shown_with_its_defaults(scheduler, given, unique):
    request = given("cron(0 10 * * ? *)", Description="d")
    arn = scheduler.create_schedule(**request)["ScheduleArn"]
    assert arn == f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{unique}-s"
    found = scheduler.get_schedule(Name=f"{unique}-s")
    del found["ResponseMetadata"]
    assert isinstance(found["CreationDate"], datetime.datetime)
    assert found.pop("CreationDate") == found.pop("LastModificationDate")
    assert found == {
        **request,
        "Arn": arn,
        "GroupName": "default",
        "ActionAfterCompletion": "NONE",
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "Target": {**request["Target"], "RetryPolicy": RETRIES},
    }


def test_an_update_sets_what_is_not_given_to_its_default(scheduler, given, unique):
    scheduler.create_schedule(**given(Description="d", State="DISABLED", ActionAfterCompletion="DELETE"))
    before = scheduler.get_schedule(Name=f"{unique}-s")
    scheduler.update_schedule(**given("rate(2 minute)", Target={"RetryPolicy": {"MaximumRetryAttempts": 3}}))
    found = scheduler.get_schedule(Name=f"{unique}-s")
    assert (found["ScheduleExpression"], found["State"], found["ActionAfterCompletion"]) == (
        "rate(2 minute)",
        "ENABLED",
        "NONE",
    )
    assert "Description" not in found
    assert found["Target"]["RetryPolicy"] == {**RETRIES, "MaximumRetryAttempts": 3}
    assert found["CreationDate"] == before["CreationDate"] < found["LastModificationDate"]


def test_a_deleted_schedule_is_gone(scheduler, given, unique, error):
    scheduler.create_schedule(**given())
    scheduler.delete_schedule(Name=f"{unique}-s")
    missing = ("ResourceNotFoundException", f"Schedule {unique}-s does not exist.")
    for operation in (scheduler.get_schedule, scheduler.delete_schedule):
        assert error(operation, Name=f"{unique}-s") == missing
    assert error(scheduler.update_schedule, **given()) == missing


def test_a_name_is_taken_once_per_group(scheduler, given, unique, error):
    scheduler.create_schedule_group(Name=unique)
    scheduler.create_schedule(**given())
    scheduler.create_schedule(**given(GroupName=unique))
    taken = ("ConflictException", f"Schedule {unique}-s already exists.")
    assert error(scheduler.create_schedule, **given(ClientToken="other")) == taken


def test_the_same_request_with_the_same_token_is_one_request(scheduler, given, error):
    first = scheduler.create_schedule(**given(ClientToken="token"))["ScheduleArn"]
    assert scheduler.create_schedule(**given(ClientToken="token"))["ScheduleArn"] == first
    assert error(scheduler.create_schedule, **given(ClientToken="token", Description="x"))[0] == "ConflictException"


def test_an_unknown_group(scheduler, given, unique, error):
    missing = ("ResourceNotFoundException", f"Schedule group {unique} does not exist.")
    assert error(scheduler.create_schedule, **given(GroupName=unique)) == missing
    assert error(scheduler.get_schedule, Name="x", GroupName=unique) == missing


@pytest.mark.parametrize(
    "expression",
    ["cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(0 dummy ? * MON-FRI *)", "cron(71 8 1 * ? *)",
     "cron()", "rate(10 seconds)", "rate(10 years)", "rate()", "rate(10)", "rate(10 minutess)", "rate(foo minutes)",
     "rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)", "at(2021-12-31T23:59:59Z)", "at(2021-12-31)"],
)  # fmt: skip
def test_an_expression_that_is_none(scheduler, given, error, expression):
    window = {"MaximumWindowInMinutes": 4, "Mode": "OFF"}
    failed = error(scheduler.create_schedule, **given(expression, FlexibleTimeWindow=window))
    assert failed == ("ValidationException", f"Invalid Schedule Expression {expression}.")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ScheduleExpressionTimezone": "Europe/Atlantis"}, "Invalid Schedule Expression Timezone Europe/Atlantis."),
        ({"ScheduleExpressionTimezone": "Europe"}, "Invalid Schedule Expression Timezone Europe."),
        (
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.",
        ),
        ({"StartDate": 1_000_000_000}, "The StartDate you specify cannot be earlier than 5 minutes ago."),
        (
            {"StartDate": 9_000_000_000, "EndDate": 8_000_000_000},
            "The StartDate you specify must come before the EndDate.",
        ),
        ({"Target": {"Arn": "arn"}}, "Provided Arn is not in correct format."),
        (
            {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:getQueueUrl"}},
            "The target arn:aws:scheduler:::aws-sdk:sqs:getQueueUrl is a read-only operation, which is not supported.",
        ),
        (
            {"Target": {"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}},
            "KinesisParameters must be provided for the target arn:aws:kinesis:us-east-1:000000000000:stream/s.",
        ),
        (
            {"Target": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"}},
            "SqsParameters must have a MessageGroupId for the target arn:aws:sqs:us-east-1:000000000000:q.fifo.",
        ),
    ],
)
def test_a_request_that_contradicts_itself(scheduler, given, error, members, message):
    assert error(scheduler.create_schedule, **given(**members)) == ("ValidationException", message)
    scheduler.create_schedule(**given())
    assert error(scheduler.update_schedule, **given(**members)) == ("ValidationException", message)


def test_input_has_to_be_json_for_those_who_read_it(scheduler, given, error):
    target = {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Input": "no json"}
    code, message = error(scheduler.create_schedule, **given(Target=target))
    assert code == "ValidationException"
    assert message.startswith("Invalid RequestJson provided. Reason ")


def test_a_target_that_penstock_has_not(scheduler, given, error):
    firehose = "arn:aws:firehose:us-east-1:000000000000:deliverystream/d"
    code, message = error(scheduler.create_schedule, **given(Target={"Arn": firehose}))
    assert (code, message) == ("NotImplemented", f"Penstock's schedules have no targets of firehose ({firehose}).")


def test_the_model_s_own_limits(scheduler, given, error):
    code, message = error(scheduler.create_schedule, **given(Target={"RoleArn": "n/a"}))
    assert code == "ValidationException"
    assert "at 'target.roleArn' failed to satisfy constraint" in message
    policy = {"MaximumRetryAttempts": 186}
    assert error(scheduler.create_schedule, **given(Target={"RetryPolicy": policy}))[0] == "ValidationException"
