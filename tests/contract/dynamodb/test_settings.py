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


def test_tags_of_a_table_that_is_not_there(dynamodb, arn, refused):
    gone = f"{arn}-gone"
    for operation, more in (
        (dynamodb.list_tags_of_resource, {}),
        (dynamodb.tag_resource, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (dynamodb.untag_resource, {"TagKeys": ["a"]}),
    ):
        assert refused(operation, ResourceArn=gone, **more) == (
            "ResourceNotFoundException",
            f"Requested resource not found: ResourcArn: {gone} not found",
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


@pytest.mark.parametrize("tag", [("ok", "#!%"), ("->>;", "ok"), ("a", "b\\c")])
def test_characters_that_no_tag_has(dynamodb, arn, refused, tag):
    key, value = tag
    code, message = refused(dynamodb.tag_resource, ResourceArn=arn, Tags=[{"Key": key, "Value": value}])
    assert (code, "may stand in a tag" in message) == ("ValidationException", True)


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
    assert (code, message.endswith(f"Too many tags: {unique}")) == ("ValidationException", True)
    assert refused(dynamodb.describe_table, TableName=unique)[0] == "ResourceNotFoundException"
