import pytest

INVALID = "One or more parameter values were invalid: "
ENVELOPE = "1 validation error detected: "
KEY = {"pk": {"S": "a"}}


def update(dynamodb, table, expression, values=None, **more):
    request = {"TableName": table, "Key": KEY, "UpdateExpression": expression, **more}
    if values:
        request["ExpressionAttributeValues"] = values
    return dynamodb.update_item(**request)


def stored(dynamodb, table):
    return dynamodb.get_item(TableName=table, Key=KEY).get("Item")


def test_makes_the_item_where_there_was_none(dynamodb, hash_table):
    update(dynamodb, hash_table, "SET a = :v", {":v": {"S": "x"}})
    assert stored(dynamodb, hash_table) == {**KEY, "a": {"S": "x"}}


def test_without_an_expression_the_key_alone_is_stored(dynamodb, hash_table):
    dynamodb.update_item(TableName=hash_table, Key=KEY)
    assert stored(dynamodb, hash_table) == KEY


@pytest.mark.parametrize("expression", ["REMOVE a", "DELETE a :v"])
def test_only_removing_makes_no_item(dynamodb, hash_table, expression):
    update(dynamodb, hash_table, expression, {":v": {"SS": ["x"]}} if ":v" in expression else None)
    assert stored(dynamodb, hash_table) is None


@pytest.mark.parametrize(
    ("wanted", "attributes"),
    [
        ("NONE", None),
        ("ALL_OLD", {**KEY, "a": {"N": "1"}, "b": {"S": "x"}, "c": {"S": "y"}}),
        ("UPDATED_OLD", {"a": {"N": "1"}, "b": {"S": "x"}}),
        ("ALL_NEW", {**KEY, "a": {"N": "2"}, "c": {"S": "y"}}),
        ("UPDATED_NEW", {"a": {"N": "2"}}),
    ],
)
def test_return_values(dynamodb, hash_table, put, wanted, attributes):
    put(hash_table, pk="a", a=1, b="x", c="y")
    answer = update(dynamodb, hash_table, "SET a = a + :one REMOVE b", {":one": {"N": "1"}}, ReturnValues=wanted)
    assert answer.get("Attributes") == attributes


@pytest.mark.parametrize("wanted", ["ALL_OLD", "UPDATED_OLD"])
def test_a_new_item_has_no_old_attributes(dynamodb, hash_table, wanted):
    answer = update(dynamodb, hash_table, "SET a = :v", {":v": {"S": "x"}}, ReturnValues=wanted)
    assert "Attributes" not in answer


def test_returns_what_was_updated_inside_documents(dynamodb, hash_table, put):
    put(hash_table, pk="a", m={"M": {"keep": {"S": "k"}}}, l={"L": [{"N": "0"}, {"N": "1"}]})
    values = {":v": {"S": "x"}, ":n": {"N": "7"}}
    answer = update(dynamodb, hash_table, "SET m.b = :v, m.c = :v, l[1] = :n", values, ReturnValues="UPDATED_NEW")
    assert answer["Attributes"] == {"m": {"M": {"b": {"S": "x"}, "c": {"S": "x"}}}, "l": {"L": [{"N": "7"}]}}


def test_an_atomic_counter(dynamodb, hash_table):
    for expected in ("1", "2", "3"):
        answer = update(dynamodb, hash_table, "ADD hits :one", {":one": {"N": "1"}}, ReturnValues="UPDATED_NEW")
        assert answer["Attributes"] == {"hits": {"N": expected}}


def test_a_failed_condition_changes_nothing(dynamodb, hash_table, put, refused):
    item = put(hash_table, pk="a", version=1)
    request = {
        "TableName": hash_table,
        "Key": KEY,
        "UpdateExpression": "SET version = :two",
        "ConditionExpression": "version = :two",
        "ExpressionAttributeValues": {":two": {"N": "2"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as failed:
        dynamodb.update_item(**request)
    assert failed.value.response["Item"] == item
    assert stored(dynamodb, hash_table) == item


@pytest.mark.parametrize(
    ("expression", "values", "message"),
    [
        ("", None, f"{ENVELOPE}Invalid UpdateExpression: The expression can not be empty;"),
        ("INVALID SYNTAX HERE", None,
         f'{ENVELOPE}Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET a = :v", None,
         f"{ENVELOPE}Invalid UpdateExpression: An expression attribute value used in expression is not defined; "
         "attribute value: :v"),
        ("SET a = :v", {":v": {"S": "x"}, ":unused": {"S": "x"}},
         f"{ENVELOPE}Value provided in ExpressionAttributeValues unused in expressions: keys: {{:unused}}"),
        ("SET a = :v", {":v": {"N": "1e126"}},
         f"{ENVELOPE}Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("SET pk = :v", {":v": {"S": "x"}},
         f"{INVALID}Cannot update attribute pk. This attribute is part of the key"),
        ("REMOVE pk.x", None, f"{INVALID}Cannot update attribute pk. This attribute is part of the key"),
        ("SET a = b", None, "The provided expression refers to an attribute that does not exist in the item"),
        ("SET a.b = :v", {":v": {"S": "x"}},
         "The document path provided in the update expression is invalid for update"),
        ("SET a = n + :v", {":v": {"N": "1"}}, "An operand in the update expression has an incorrect data type"),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, hash_table, put, refused, expression, values, message):
    item = put(hash_table, pk="a", n="text")
    request = {"TableName": hash_table, "Key": KEY, "UpdateExpression": expression}
    if values:
        request["ExpressionAttributeValues"] = values
    assert refused(dynamodb.update_item, **request) == ("ValidationException", message)
    assert stored(dynamodb, hash_table) == item


def test_an_item_that_grows_too_large(dynamodb, hash_table, put, refused):
    put(hash_table, pk="a", x="x" * 200_000)
    values = {":v": {"S": "x" * 210_000}}
    request = {
        "TableName": hash_table,
        "Key": KEY,
        "UpdateExpression": "SET y = :v",
        "ExpressionAttributeValues": values,
    }
    assert refused(dynamodb.update_item, **request)[1] == "Item size to update has exceeded the maximum allowed size"


def test_what_a_path_makes_too_deep(dynamodb, hash_table, put, refused):
    leaf = {"S": "leaf"}
    for _ in range(30):
        leaf = {"M": {"n": leaf}}
    put(hash_table, pk="a", m={"M": {"x": {"M": {}}}})
    request = {"TableName": hash_table, "Key": KEY, "ExpressionAttributeValues": {":v": leaf}}
    code, message = refused(dynamodb.update_item, **request, UpdateExpression="SET m.x.y = :v")
    assert (code, message[:14]) == ("ValidationException", "Nesting Levels")


@pytest.mark.parametrize(
    ("expression", "value", "message"),
    [
        ("SET g = :v", {"N": "1"}, f"{INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
        ("ADD g :v", {"N": "1"}, f"{INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
        ("SET g = if_not_exists(num, :v)", {"S": "x"},
         "The update expression attempted to update the secondary index key to unsupported type"),
        ("SET g = :v", {"S": ""},
         "One or more parameter values are not valid. The update expression attempted to update a secondary index key "
         "to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string "
         "value."),
        ("SET g.x = :v", {"S": "x"},
         "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g"),
    ],
)  # fmt: skip
def test_keys_of_indexes_are_checked(dynamodb, indexed, put, refused, expression, value, message):
    put(indexed, pk="a", sk="b", num=1)
    request = {
        "TableName": indexed,
        "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}},
        "UpdateExpression": expression,
        "ExpressionAttributeValues": {":v": value},
    }
    assert refused(dynamodb.update_item, **request) == ("ValidationException", message)
