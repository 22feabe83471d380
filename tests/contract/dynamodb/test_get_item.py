import pytest

MISMATCH = "The provided key element does not match the schema"


def test_nothing_is_no_item(dynamodb, hash_table):
    answer = dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "nobody"}})
    assert "Item" not in answer


def test_projects_paths(dynamodb, hash_table, put):
    put(hash_table, pk="a", m={"M": {"x": {"L": [{"N": "1"}, {"N": "2"}]}, "y": {"S": "no"}}}, z="no")
    answer = dynamodb.get_item(
        TableName=hash_table,
        Key={"pk": {"S": "a"}},
        ProjectionExpression="#m.x[1], absent",
        ExpressionAttributeNames={"#m": "m"},
        ConsistentRead=True,
    )
    assert answer["Item"] == {"m": {"M": {"x": {"L": [{"N": "2"}]}}}}


def test_an_item_without_the_attributes_asked_for_is_empty(dynamodb, hash_table, put):
    put(hash_table, pk="a")
    answer = dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}}, ProjectionExpression="absent")
    assert answer["Item"] == {}


def test_attributes_to_get(dynamodb, hash_table, put, refused):
    put(hash_table, pk="a", x=1, y=2)
    request = {"TableName": hash_table, "Key": {"pk": {"S": "a"}}}
    assert dynamodb.get_item(**request, AttributesToGet=["x", "z"])["Item"] == {"x": {"N": "1"}}
    twice = "One or more parameter values were invalid: Duplicate value in attribute name: x"
    assert refused(dynamodb.get_item, **request, AttributesToGet=["x", "x"])[1] == twice
    assert refused(dynamodb.get_item, **request, AttributesToGet=["x"], ProjectionExpression="y")[1] == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    )


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"pk": {"S": "a"}}, MISMATCH),
        ({"pk": {"S": "a"}, "sk": {"S": "1"}}, MISMATCH),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "x": {"S": "1"}}, MISMATCH),
        ({"pk": {"S": "a"}, "other": {"N": "1"}}, MISMATCH),
        ({"pk": {"S": ""}, "sk": {"N": "1"}},
         "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
         "string value. Key: pk"),
        ({"pk": {"S": "a"}, "sk": {"N": "x"}}, "The parameter cannot be converted to a numeric value: x"),
    ],
)  # fmt: skip
def test_keys_that_are_refused(dynamodb, table, refused, key, message):
    assert refused(dynamodb.get_item, TableName=table, Key=key) == ("ValidationException", message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ExpressionAttributeNames": {"#a": "a"}},
         "ExpressionAttributeNames can only be specified when using expressions"),
        ({"ProjectionExpression": ""}, "Invalid ProjectionExpression: The expression can not be empty;"),
        ({"ProjectionExpression": "a,"}, 'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","'),
        ({"ProjectionExpression": "name"},
         "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name"),
        ({"ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "b"}},
         "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"),
    ],
)  # fmt: skip
def test_projections_that_are_refused(dynamodb, hash_table, refused, parameters, message):
    request = {"TableName": hash_table, "Key": {"pk": {"S": "a"}}, **parameters}
    assert refused(dynamodb.get_item, **request) == ("ValidationException", message)


def test_no_path_leads_into_a_key(dynamodb, hash_table, refused):
    request = {"TableName": hash_table, "Key": {"pk": {"S": "a"}}, "ProjectionExpression": "pk.x"}
    assert refused(dynamodb.get_item, **request)[1] == (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"
    )
