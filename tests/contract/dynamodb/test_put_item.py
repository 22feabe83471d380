import pytest

INVALID = "One or more parameter values were invalid: "
ENVELOPE = "1 validation error detected: "


def test_stores_every_type(dynamodb, hash_table):
    item = {
        "pk": {"S": "a"},
        "string": {"S": ""},
        "number": {"N": "-1.5"},
        "binary": {"B": b"\x00\xff"},
        "flag": {"BOOL": False},
        "nothing": {"NULL": True},
        "strings": {"SS": ["", "b"]},
        "numbers": {"NS": ["1", "2.5"]},
        "binaries": {"BS": [b"", b"a"]},
        "list": {"L": [{"S": "x"}, {"M": {"B": {"B": b"deep"}}}]},
        "map": {"M": {"empty": {"M": {}}, "none": {"L": []}}},
    }
    assert dynamodb.put_item(TableName=hash_table, Item=item)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"] == item


def test_sets_come_back_in_order(dynamodb, hash_table):
    sets = {"s": {"SS": ["b", "é", "a"]}, "n": {"NS": ["10", "-3", "9"]}, "b": {"BS": [b"\xff", b"a"]}}
    dynamodb.put_item(TableName=hash_table, Item={"pk": {"S": "a"}, **sets})
    item = dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"]
    assert item["s"] == {"SS": ["a", "b", "é"]}
    assert item["n"] == {"NS": ["-3", "9", "10"]}
    assert item["b"] == {"BS": [b"a", b"\xff"]}


def test_numbers_come_back_in_canonical_form(dynamodb, hash_table):
    dynamodb.put_item(TableName=hash_table, Item={"pk": {"S": "a"}, "n": {"N": "0042.1200"}, "s": {"NS": ["1e2"]}})
    item = dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"]
    assert (item["n"], item["s"]) == ({"N": "42.12"}, {"NS": ["100"]})


def test_replaces_the_whole_item_and_returns_the_old_one(dynamodb, hash_table, put):
    old = put(hash_table, pk="a", x=1)
    assert "Attributes" not in dynamodb.put_item(TableName=hash_table, Item={"pk": {"S": "b"}}, ReturnValues="ALL_OLD")
    answer = dynamodb.put_item(TableName=hash_table, Item={"pk": {"S": "a"}}, ReturnValues="ALL_OLD")
    assert answer["Attributes"] == old
    assert dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}


def test_a_number_is_one_key_however_it_is_written(dynamodb, table, put):
    put(table, pk="a", sk={"N": "1.0"}, v="old")
    put(table, pk="a", sk={"N": "10e-1"}, v="new")
    assert dynamodb.scan(TableName=table)["Items"] == [{"pk": {"S": "a"}, "sk": {"N": "1"}, "v": {"S": "new"}}]


def test_a_failed_condition_says_so_and_may_show_the_item(dynamodb, hash_table, put, refused):
    item = put(hash_table, pk="a", x=1)
    request = {"TableName": hash_table, "Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    assert refused(dynamodb.put_item, **request) == (
        "ConditionalCheckFailedException",
        "The conditional request failed",
    )
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as failed:
        dynamodb.put_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert failed.value.response["Item"] == item


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"sk": {"N": "1"}}, f"{INVALID}Missing the key pk in the item"),
        ({"pk": {"S": "a"}}, f"{INVALID}Missing the key sk in the item"),
        ({"pk": {"N": "1"}, "sk": {"N": "1"}}, f"{INVALID}Type mismatch for key pk expected: S actual: N"),
        ({"pk": {"S": ""}, "sk": {"N": "1"}},
         "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
         "string value. Key: pk"),
        ({"pk": {"S": "x" * 2049}, "sk": {"N": "1"}},
         f"{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "n": {"N": "x"}},
         f"{ENVELOPE}The parameter cannot be converted to a numeric value: x"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "e": {"SS": []}},
         f"{ENVELOPE}{INVALID}An string set  may not be empty"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "e": {}},
         f"{ENVELOPE}Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "": {"S": "a"}}, f"{ENVELOPE}Empty attribute name"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "m": {"M": {"": {"S": "a"}}}}, f"{ENVELOPE}Empty attribute name"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "big": {"S": "x" * 409_591}},
         f"{ENVELOPE}Item size has exceeded the maximum allowed size"),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, table, refused, item, message):
    assert refused(dynamodb.put_item, TableName=table, Item=item) == ("ValidationException", message)
    assert dynamodb.scan(TableName=table)["Count"] == 0


def test_an_item_of_exactly_400_kb_is_stored(dynamodb, hash_table):
    item = {"pk": {"S": "a"}, "p": {"S": "x" * (409_600 - 4)}}
    dynamodb.put_item(TableName=hash_table, Item=item)
    item["p"]["S"] += "x"
    with pytest.raises(dynamodb.exceptions.ClientError, match="Item size has exceeded the maximum allowed size"):
        dynamodb.put_item(TableName=hash_table, Item=item)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"g": {"N": "1"}}, f"{INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
        ({"g": {"NULL": True}}, f"{INVALID}Type mismatch for Index Key g Expected: S Actual: NULL IndexName: gsi"),
        ({"g": {"S": ""}},
         "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
         "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: gsi, IndexKey: g"),
    ],
)  # fmt: skip
def test_keys_of_indexes_are_checked(dynamodb, indexed, refused, attributes, message):
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}, **attributes}
    assert refused(dynamodb.put_item, TableName=indexed, Item=item) == ("ValidationException", message)


def test_the_request_is_checked_before_the_table_is_looked_for(dynamodb, unique, refused):
    item = {"pk": {"S": "a"}}
    missing = ("ResourceNotFoundException", "Requested resource not found")
    assert refused(dynamodb.put_item, TableName=unique, Item=item) == missing
    checks = {
        "ReturnValues can only be ALL_OLD or NONE": {"ReturnValues": "ALL_NEW"},
        "Invalid ConditionExpression: The expression can not be empty;": {"ConditionExpression": ""},
        "ExpressionAttributeNames can only be specified when using expressions": {
            "ExpressionAttributeNames": {"#a": "a"}
        },
        "ExpressionAttributeValues must not be empty": {
            "ConditionExpression": "attribute_exists(a)",
            "ExpressionAttributeValues": {},
        },
    }
    for message, parameters in checks.items():
        found = refused(dynamodb.put_item, TableName=unique, Item=item, **parameters)
        assert found == ("ValidationException", ENVELOPE + message)


def test_constraints_of_the_model(dynamodb, hash_table, refused):
    given = {"TableName": hash_table, "Item": {"pk": {"S": "a"}}}
    code, message = refused(dynamodb.put_item, **given, ReturnConsumedCapacity="ALL")
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value 'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
    )
    _, message = refused(dynamodb.query, TableName=hash_table, Select="count")
    assert message.endswith("[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]")
    assert refused(dynamodb.put_item, TableName=hash_table, Item={"pk": {"S": 1}})[0] == "SerializationException"
