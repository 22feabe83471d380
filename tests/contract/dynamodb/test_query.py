import pytest

INVALID = "One or more parameter values were invalid: "


@pytest.fixture
def numbered(dynamodb, table, put):
    """Sort keys -10, -1.5, 0, 2, 10, 100 under `a`, and one item under `b`."""
    for sk in ("100", "2", "-1.5", "10", "0", "-10"):
        put(table, pk="a", sk={"N": sk}, even=int(float(sk)) % 2)
    put(table, pk="b", sk=1)
    return table


def sort_keys(answer):
    return [item["sk"]["N"] for item in answer["Items"]]


def ask(dynamodb, table, condition="pk = :p", **more):
    values = {":p": {"S": "a"}, **more.pop("values", {})}
    return dynamodb.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more)


def test_items_come_in_the_order_of_numbers(dynamodb, numbered):
    assert sort_keys(ask(dynamodb, numbered)) == ["-10", "-1.5", "0", "2", "10", "100"]
    assert sort_keys(ask(dynamodb, numbered, ScanIndexForward=False)) == ["100", "10", "2", "0", "-1.5", "-10"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("sk = :x", ["2"]),
        ("sk < :x", ["-10", "-1.5", "0"]),
        ("sk <= :x", ["-10", "-1.5", "0", "2"]),
        ("sk > :x", ["10", "100"]),
        (":x <= sk", ["2", "10", "100"]),
        ("sk BETWEEN :y AND :x", ["-1.5", "0", "2"]),
    ],
)
def test_conditions_on_the_sort_key(dynamodb, numbered, condition, found):
    values = {":x": {"N": "2"}, **({":y": {"N": "-1.5"}} if ":y" in condition else {})}
    assert sort_keys(ask(dynamodb, numbered, f"{condition} AND (pk = :p)", values=values)) == found


def test_strings_begin_with(dynamodb, indexed, put):
    for sk in ("a", "ab", "abc", "b", "aé", "a\U0010ffff"):
        put(indexed, pk="a", sk=sk)
    answer = ask(dynamodb, indexed, "pk = :p AND begins_with(sk, :x)", values={":x": {"S": "a"}})
    assert [item["sk"]["S"] for item in answer["Items"]] == ["a", "ab", "abc", "aé", "a\U0010ffff"]


def test_binary_keys_are_ordered_as_bytes(dynamodb, unique):
    dynamodb.create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": "B"} for k in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    for sk in (b"\xff", b"\x00", b"\x7f", b"\xff\x01"):
        dynamodb.put_item(TableName=unique, Item={"pk": {"B": b"p"}, "sk": {"B": sk}})
    values = {":p": {"B": b"p"}, ":x": {"B": b"\xff"}}
    answer = ask(dynamodb, unique, "pk = :p AND begins_with(sk, :x)", values=values)
    assert [item["sk"]["B"] for item in answer["Items"]] == [b"\xff", b"\xff\x01"]


def test_pages_by_limit_in_both_directions(dynamodb, numbered):
    for forward in (True, False):
        found, request = [], {"Limit": 4, "ScanIndexForward": forward}
        while True:
            page = ask(dynamodb, numbered, **request)
            found += sort_keys(page)
            if "LastEvaluatedKey" not in page:
                break
            assert page["LastEvaluatedKey"] == {"pk": {"S": "a"}, "sk": {"N": found[-1]}}
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        assert found == sort_keys(ask(dynamodb, numbered, ScanIndexForward=forward))


def test_a_page_that_ends_at_the_limit_has_a_last_key(dynamodb, numbered):
    assert "LastEvaluatedKey" in ask(dynamodb, numbered, Limit=6)
    assert "LastEvaluatedKey" not in ask(dynamodb, numbered, Limit=7)


def test_pages_by_one_megabyte(dynamodb, table, put):
    for sk in range(6):
        put(table, pk="a", sk=sk, payload="x" * 300_000)
    first = ask(dynamodb, table)
    assert first["Count"] == 4
    rest = ask(dynamodb, table, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert (sort_keys(rest), "LastEvaluatedKey" in rest) == (["4", "5"], False)


def test_filters_after_reading(dynamodb, numbered):
    answer = ask(dynamodb, numbered, FilterExpression="even = :zero", values={":zero": {"N": "0"}}, Limit=3)
    assert (answer["Count"], answer["ScannedCount"], sort_keys(answer)) == (2, 3, ["-10", "0"])
    assert answer["LastEvaluatedKey"]["sk"] == {"N": "0"}
    answer = ask(dynamodb, numbered, FilterExpression="even = :x", values={":x": {"S": "none"}}, Limit=2)
    assert (answer["Items"], answer["LastEvaluatedKey"]["sk"]) == ([], {"N": "-1.5"})


def test_counts(dynamodb, numbered):
    answer = ask(dynamodb, numbered, Select="COUNT", Limit=2)
    assert (answer["Count"], answer["ScannedCount"], "Items" in answer) == (2, 2, False)
    assert answer["LastEvaluatedKey"]["sk"] == {"N": "-1.5"}
    assert ask(dynamodb, numbered, Select="COUNT")["Count"] == 6


def test_projects(dynamodb, numbered):
    assert ask(dynamodb, numbered, ProjectionExpression="even", Limit=1)["Items"] == [{"even": {"N": "0"}}]


@pytest.mark.parametrize(
    ("condition", "values", "message"),
    [
        ("", {}, "Invalid KeyConditionExpression: The expression can not be empty;"),
        ("sk = :x", {":x": {"N": "1"}}, "Query condition missed key schema element: pk"),
        ("pk = :p AND extra = :x", {":x": {"N": "1"}}, "Query condition missed key schema element: sk"),
        ("pk > :p", {}, "Query key condition not supported"),
        ("begins_with(pk, :p)", {}, "Query key condition not supported"),
        ("pk = :p OR sk = :x", {":x": {"N": "1"}}, "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :p AND NOT sk = :x", {":x": {"N": "1"}}, "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk = :p AND sk <> :x", {":x": {"N": "1"}}, "Invalid operator used in KeyConditionExpression: <>"),
        ("pk = :p AND attribute_exists(sk)", {},
         "Invalid operator used in KeyConditionExpression: attribute_exists"),
        ("pk = :p AND size(sk) = :x", {":x": {"N": "1"}},
         "KeyConditionExpressions cannot contain nested operations"),
        ("pk = :p AND sk.a = :x", {":x": {"N": "1"}},
         "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("pk = sk", None,
         "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"),
        ("pk = :p AND sk > :x AND sk < :x", {":x": {"N": "1"}},
         "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"),
        ("pk = :p AND sk > :x AND extra = :x", {":x": {"N": "1"}},
         "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"),
        ("pk = :p AND sk = :x", {":x": {"S": "1"}},
         f"{INVALID}Condition parameter type does not match schema type"),
        ("pk = :p AND begins_with(sk, :x)", {":x": {"N": "1"}},
         "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
         "operator or function: begins_with, operand type: N"),
    ],
)  # fmt: skip
def test_key_conditions_that_are_refused(dynamodb, table, refused, condition, values, message):
    request = {"TableName": table, "KeyConditionExpression": condition}
    if values is not None:
        request["ExpressionAttributeValues"] = {**({":p": {"S": "a"}} if ":p" in condition else {}), **values}
    if not request.get("ExpressionAttributeValues"):
        request.pop("ExpressionAttributeValues", None)
    assert refused(dynamodb.query, **request) == ("ValidationException", message)


def test_two_conditions_on_one_key_attribute(dynamodb, hash_table, refused):
    request = {
        "TableName": hash_table,
        "KeyConditionExpression": "pk = :p AND sk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
    }
    assert refused(dynamodb.query, **request)[1] == "Query key condition not supported"


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({"pk": {"S": "a"}}, "The provided starting key is invalid"),
        ({"pk": {"S": "a"}, "sk": {"S": "1"}}, "The provided starting key is invalid"),
        ({"pk": {"S": "b"}, "sk": {"N": "1"}},
         "The provided starting key is outside query boundaries based on provided conditions"),
    ],
)  # fmt: skip
def test_starting_keys_that_are_refused(dynamodb, numbered, refused, start, message):
    request = {
        "TableName": numbered,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
        "ExclusiveStartKey": start,
    }
    assert refused(dynamodb.query, **request) == ("ValidationException", message)


def test_a_starting_key_outside_of_the_range(dynamodb, numbered, refused):
    request = {
        "TableName": numbered,
        "KeyConditionExpression": "pk = :p AND sk > :x",
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":x": {"N": "5"}},
        "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "1"}},
    }
    assert refused(dynamodb.query, **request)[1] == "The provided starting key does not match the range key predicate"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"FilterExpression": "sk = :p"},
         "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"),
        ({"Select": "SPECIFIC_ATTRIBUTES"},
         "1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when choosing to get "
         "SPECIFIC_ATTRIBUTES"),
        ({"Select": "COUNT", "ProjectionExpression": "a"},
         "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get only the Count"),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"},
         "1 validation error detected: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
        ({"Limit": 0},
         "1 validation error detected: Value at 'Limit' failed to satisfy constraint: "
         "Member must have value greater than or equal to 1"),
        ({"IndexName": "nowhere"}, "The table does not have the specified index: nowhere"),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, table, refused, parameters, message):
    request = {
        "TableName": table,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
        **parameters,
    }
    assert refused(dynamodb.query, **request) == ("ValidationException", message)


def test_without_a_key_condition(dynamodb, table, refused):
    message = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
    assert refused(dynamodb.query, TableName=table) == ("ValidationException", message)


def test_operands_are_checked_before_the_table_is_looked_for(dynamodb, unique, refused):
    request = {"TableName": unique, "KeyConditionExpression": "pk = :p AND begins_with(sk, :n)"}
    values = {":p": {"S": "a"}, ":n": {"N": "1"}}
    assert refused(dynamodb.query, **request, ExpressionAttributeValues=values)[0] == "ValidationException"
    values = {":p": {"S": "a"}, ":n": {"S": "1"}}
    assert refused(dynamodb.query, **request, ExpressionAttributeValues=values)[0] == "ResourceNotFoundException"
