import pytest

ENVELOPE = "1 validation error detected: "


def test_deletes_and_returns_the_old_item(dynamodb, hash_table, put):
    item = put(hash_table, pk="a", x=1)
    key = {"pk": {"S": "a"}}
    assert dynamodb.delete_item(TableName=hash_table, Key=key, ReturnValues="ALL_OLD")["Attributes"] == item
    assert "Item" not in dynamodb.get_item(TableName=hash_table, Key=key)


def test_deleting_nothing_is_no_error(dynamodb, hash_table):
    answer = dynamodb.delete_item(TableName=hash_table, Key={"pk": {"S": "a"}}, ReturnValues="ALL_OLD")
    assert "Attributes" not in answer


def test_only_if_the_condition_holds(dynamodb, hash_table, put, refused):
    put(hash_table, pk="a", x=1)
    request = {
        "TableName": hash_table,
        "Key": {"pk": {"S": "a"}},
        "ConditionExpression": "x > :limit",
        "ExpressionAttributeValues": {":limit": {"N": "1"}},
    }
    assert refused(dynamodb.delete_item, **request)[0] == "ConditionalCheckFailedException"
    request["ExpressionAttributeValues"] = {":limit": {"N": "0"}}
    dynamodb.delete_item(**request)
    assert dynamodb.scan(TableName=hash_table)["Count"] == 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ReturnValues": "UPDATED_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
        ({"ConditionExpression": ""}, "Invalid ConditionExpression: The expression can not be empty;"),
        ({"ExpressionAttributeValues": {":v": {"S": "x"}}},
         "ExpressionAttributeValues can only be specified when using expressions"),
        ({"Expected": {"pk": {"Exists": False}}, "ConditionExpression": "attribute_not_exists(pk)"},
         "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
         "{Expected} Expression parameters: {ConditionExpression}"),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, hash_table, refused, parameters, message):
    request = {"TableName": hash_table, "Key": {"pk": {"S": "a"}}, **parameters}
    assert refused(dynamodb.delete_item, **request) == ("ValidationException", ENVELOPE + message)


def test_the_key_has_to_match(dynamodb, table, refused):
    assert refused(dynamodb.delete_item, TableName=table, Key={"pk": {"S": "a"}}) == (
        "ValidationException",
        "The provided key element does not match the schema",
    )
