"""Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter: what expressions replaced."""

import pytest

ENVELOPE = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
KEY = {"pk": {"S": "a"}}


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ({"x": {"Value": {"N": "1.0"}}}, True),
        ({"x": {"Value": {"N": "2"}}}, False),
        ({"x": {"Exists": True, "Value": {"N": "1"}}}, True),
        ({"x": {"Exists": False}}, False),
        ({"gone": {"Exists": False}}, True),
        ({"x": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "0"}]}}, True),
        ({"x": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "2"}, {"N": "3"}]}}, False),
        ({"s": {"ComparisonOperator": "BEGINS_WITH", "Value": {"S": "he"}}}, True),
        ({"s": {"ComparisonOperator": "CONTAINS", "Value": {"S": "ll"}}}, True),
        ({"s": {"ComparisonOperator": "NOT_CONTAINS", "Value": {"S": "ll"}}}, False),
        ({"gone": {"ComparisonOperator": "NOT_CONTAINS", "Value": {"S": "ll"}}}, False),
        ({"gone": {"ComparisonOperator": "NULL"}}, True),
        ({"s": {"ComparisonOperator": "NOT_NULL"}}, True),
        ({"gone": {"ComparisonOperator": "NE", "Value": {"S": "x"}}}, True),
        ({"x": {"ComparisonOperator": "IN", "AttributeValueList": [{"N": "2"}, {"N": "1"}]}}, True),
        ({"x": {"Value": {"N": "1"}}, "s": {"Value": {"S": "no"}}}, False),
    ],
)
def test_expected(dynamodb, hash_table, put, refused, expected, holds):
    put(hash_table, pk="a", x=1, s="hello")
    request = {"TableName": hash_table, "Key": KEY, "Expected": expected}
    if holds:
        dynamodb.delete_item(**request)
    else:
        assert refused(dynamodb.delete_item, **request)[0] == "ConditionalCheckFailedException"


def test_conditions_are_joined_by_or(dynamodb, hash_table, put):
    put(hash_table, pk="a", x=1)
    expected = {"x": {"Value": {"N": "2"}}, "gone": {"Exists": False}}
    item = {"pk": {"S": "a"}, "x": {"N": "3"}}
    dynamodb.put_item(TableName=hash_table, Item=item, Expected=expected, ConditionalOperator="OR")
    assert dynamodb.get_item(TableName=hash_table, Key=KEY)["Item"] == item


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Expected": {"a": {"Exists": True}}}, "Value must be provided when Exists is true for Attribute: a"),
        ({"Expected": {"a": {}}}, "Value must be provided when Exists is null for Attribute: a"),
        ({"Expected": {"a": {"Exists": False, "Value": {"S": "x"}}}},
         "Value cannot be used when Exists is false for Attribute: a"),
        ({"Expected": {"a": {"Value": {"S": "x"}, "AttributeValueList": [{"S": "x"}]}}},
         "Value and AttributeValueList cannot be used together for Attribute: a"),
        ({"Expected": {"a": {"AttributeValueList": [{"S": "x"}]}}},
         "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"),
        ({"Expected": {"a": {"ComparisonOperator": "EQ"}}},
         "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"),
        ({"Expected": {"a": {"ComparisonOperator": "EQ", "Exists": True, "Value": {"S": "x"}}}},
         "Exists and ComparisonOperator cannot be used together for Attribute: a"),
        ({"Expected": {"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "x"}]}}},
         "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
        ({"Expected": {"a": {"ComparisonOperator": "LT", "AttributeValueList": [{"BOOL": True}]}}},
         "ComparisonOperator LT is not valid for BOOL AttributeValue type"),
    ],
)  # fmt: skip
def test_expected_that_is_refused(dynamodb, hash_table, refused, parameters, message):
    request = {"TableName": hash_table, "Key": KEY, **parameters}
    assert refused(dynamodb.delete_item, **request) == ("ValidationException", ENVELOPE + INVALID + message)


def test_attribute_updates(dynamodb, hash_table, put):
    put(hash_table, pk="a", n=10, tags={"SS": ["a", "b"]}, l={"L": [{"S": "x"}]}, extra="gone")
    answer = dynamodb.update_item(
        TableName=hash_table,
        Key=KEY,
        AttributeUpdates={
            "name": {"Value": {"S": "put by default"}},
            "n": {"Action": "ADD", "Value": {"N": "-9.5"}},
            "new": {"Action": "ADD", "Value": {"N": "1"}},
            "tags": {"Action": "DELETE", "Value": {"SS": ["a"]}},
            "l": {"Action": "ADD", "Value": {"L": [{"S": "y"}]}},
            "extra": {"Action": "DELETE"},
        },
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"] == {
        **KEY,
        "name": {"S": "put by default"},
        "n": {"N": "0.5"},
        "new": {"N": "1"},
        "tags": {"SS": ["b"]},
        "l": {"L": [{"S": "x"}, {"S": "y"}]},
    }


def test_only_deleting_makes_no_item(dynamodb, hash_table):
    dynamodb.update_item(TableName=hash_table, Key=KEY, AttributeUpdates={"a": {"Action": "DELETE"}})
    assert "Item" not in dynamodb.get_item(TableName=hash_table, Key=KEY)


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ({"a": {"Action": "PUT"}},
         f"{ENVELOPE}{INVALID}Only DELETE action is allowed when no attribute value is specified"),
        ({"a": {"Action": "DELETE", "Value": {"S": "x"}}},
         f"{ENVELOPE}{INVALID}DELETE action with value is not supported for the type S"),
        ({"a": {"Action": "ADD", "Value": {"S": "x"}}},
         f"{ENVELOPE}{INVALID}ADD action is not supported for the type S"),
        ({"pk": {"Value": {"S": "x"}}}, f"{INVALID}Cannot update attribute pk. This attribute is part of the key"),
        ({"text": {"Action": "ADD", "Value": {"N": "1"}}}, "Type mismatch for attribute to update"),
    ],
)  # fmt: skip
def test_updates_that_are_refused(dynamodb, hash_table, put, refused, updates, message):
    put(hash_table, pk="a", text="x")
    request = {"TableName": hash_table, "Key": KEY, "AttributeUpdates": updates}
    assert refused(dynamodb.update_item, **request) == ("ValidationException", message)


def test_key_conditions_and_query_filter(dynamodb, table, put):
    for sk in range(5):
        put(table, pk="a", sk=sk, even=(sk + 1) % 2)
    answer = dynamodb.query(
        TableName=table,
        KeyConditions={
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]},
            "sk": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "1"}]},
        },
        QueryFilter={"even": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}},
        AttributesToGet=["sk"],
    )
    assert answer["Items"] == [{"sk": {"N": "2"}}, {"sk": {"N": "4"}}]
    assert answer["ScannedCount"] == 4


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({}, "Conditions can be of length 1 or 2 only"),
        ({"pk": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "a"}]}},
         "Attempted conditional constraint is not an indexable operation"),
        ({"pk": {"ComparisonOperator": "GT", "AttributeValueList": [{"S": "a"}]}},
         "Query key condition not supported"),
        ({"pk": {"ComparisonOperator": "EQ", "AttributeValueList": []}},
         f"{INVALID}Invalid number of argument(s) for the EQ ComparisonOperator"),
        ({"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}},
         f"{INVALID}Condition parameter type does not match schema type"),
    ],
)  # fmt: skip
def test_key_conditions_that_are_refused(dynamodb, table, refused, conditions, message):
    assert refused(dynamodb.query, TableName=table, KeyConditions=conditions) == ("ValidationException", message)


def test_scan_filter(dynamodb, hash_table, put, refused):
    for number in range(4):
        put(hash_table, pk=str(number), n=number)
    one_of = {"ComparisonOperator": "IN", "AttributeValueList": [{"N": "1"}, {"N": "3"}]}
    answer = dynamodb.scan(TableName=hash_table, ScanFilter={"n": one_of})
    assert sorted(item["n"]["N"] for item in answer["Items"]) == ["1", "3"]
    request = {"TableName": hash_table, "ScanFilter": {"n": one_of}, "ConditionalOperator": "OR"}
    assert refused(dynamodb.scan, **request)[0] == "ValidationException"
