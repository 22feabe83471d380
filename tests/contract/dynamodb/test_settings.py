"""Tags and continuous backups."""

import pytest


@pytest.fixture
def arn(dynamodb, hash_table):
    return dynamodb.describe_table(TableName=hash_table)["Table"]["TableArn"]


def test_tags(dynamodb, arn):
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "3"}])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "a", "Value": "3"},
        {"Key": "b", "Value": "2"},
    ]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["a", "never"])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_tags_of_what_has_none(dynamodb, arn, refused):
    stream = f"{arn}/stream/2026-10-09T00:00:00.000"
    assert refused(dynamodb.list_tags_of_resource, ResourceArn=stream) == (
        "ResourceNotFoundException",
        f"Requested resource not found: ResourceArn: {stream} not found",
    )
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    assert refused(dynamodb.list_tags_of_resource, ResourceArn=elsewhere) == (
        "ValidationException",
        f"Invalid TableArn: Invalid ResourceArn provided as input {elsewhere}",
    )
    assert refused(dynamodb.get_resource_policy, ResourceArn=elsewhere) == (
        "ValidationException",
        f"One or more parameter values were invalid: Invalid resource Arn: {elsewhere}",
    )


def test_tags_of_a_table_that_is_not_there(dynamodb, arn, refused):
    gone = f"{arn}-gone"
    for operation, more in (
        (dynamodb.list_tags_of_resource, {}),
        (dynamodb.tag_resource, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (dynamodb.untag_resource, {"TagKeys": ["a"]}),
    ):
        assert refused(operation, ResourceArn=gone, **more) == (
            "ResourceNotFoundException",
            f"Requested resource not found: ResourceArn: {gone} not found",
        )


def test_point_in_time_recovery(dynamodb, hash_table):
    def recovery(answer):
        return answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]

    before = dynamodb.describe_continuous_backups(TableName=hash_table)
    assert before["ContinuousBackupsDescription"]["ContinuousBackupsStatus"] == "ENABLED"
    assert recovery(before) == {"PointInTimeRecoveryStatus": "DISABLED"}
    wanted = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=hash_table, PointInTimeRecoverySpecification=wanted)
    after = recovery(dynamodb.describe_continuous_backups(TableName=hash_table))
    assert (after["PointInTimeRecoveryStatus"], after["RecoveryPeriodInDays"]) == ("ENABLED", 35)
    assert "EarliestRestorableDateTime" in after


def test_backups_of_a_table_that_is_not_there(dynamodb, unique, refused):
    assert refused(dynamodb.describe_continuous_backups, TableName=unique) == (
        "TableNotFoundException",
        f"Table not found: {unique}",
    )


def test_what_is_not_implemented_says_so(dynamodb, refused):
    code, message = refused(dynamodb.list_exports)
    assert (code, "ListExports" in message) == ("NotImplemented", True)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("ok", "#!%", "The Tag Value provided is invalid, Value: #!%"),
        ("->>;", "ok", "The Tag Key provided is invalid, Key: ->>;"),
        ("k" * 129, "ok", f"The Tag Key provided is invalid, Key: {'k' * 129}"),
        ("aws:mine", "ok", "Tag Key cannot be prefixed with aws:, Key: aws:mine"),
        ("good", "ok", "Duplicate Tag Keys provided as input: Duplicate Tag Key found good"),
    ],
)
def test_a_tag_that_is_refused_takes_the_others_with_it(dynamodb, arn, refused, key, value, message):
    tags = [{"Key": "good", "Value": "ok"}, {"Key": key, "Value": value}]
    assert refused(dynamodb.tag_resource, ResourceArn=arn, Tags=tags) == ("ValidationException", message)
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("my-table", "ARNs must start with 'arn:': my-table"),
        ("arn:aws:s3:::bucket", "Provided Arn is not a DynamoDB resource arn: arn:aws:s3:::bucket"),
        ("{arn}/backup/01", "Provided Arn is not a DynamoDB resource arn: {arn}/backup/01"),
        ("{arn}/index/gsi",
         "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}/index/gsi"),
    ],
)  # fmt: skip
def test_tables_alone_have_tags(dynamodb, arn, refused, resource, message):
    expected = f"One or more parameter values were invalid: {message.format(arn=arn)}"
    for operation in (dynamodb.list_tags_of_resource, dynamodb.get_resource_policy):
        assert refused(operation, ResourceArn=resource.format(arn=arn)) == ("ValidationException", expected)


def test_letters_of_any_script_and_spaces_may_stand_in_tags(dynamodb, arn):
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "ключ Ѯ", "Value": " +-=._:/@"}])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "ключ Ѯ", "Value": " +-=._:/@"}]


def test_a_table_is_made_with_fifty_tags_at_most(dynamodb, unique, refused):
    code, message = refused(
        dynamodb.create_table,
        TableName=unique,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": str(number), "Value": ""} for number in range(51)],
    )
    expected = "Number of Tags exceed the current limit for the provided ResourceArn"
    assert (code, message) == ("ValidationException", expected)
    assert refused(dynamodb.describe_table, TableName=unique)[0] == "ResourceNotFoundException"
