import pytest


@pytest.fixture
def twenty(hash_table, put):
    for number in range(20):
        put(hash_table, pk=f"p{number}", n=number)
    return hash_table


def scan_all(dynamodb, table, **more):
    items, pages = [], 0
    while True:
        page = dynamodb.scan(TableName=table, **more)
        items += page["Items"]
        pages += 1
        if "LastEvaluatedKey" not in page:
            return items, pages
        more["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def test_reads_everything_once(dynamodb, twenty):
    items, pages = scan_all(dynamodb, twenty, Limit=7)
    assert (len(items), pages) == (20, 3)
    assert {item["pk"]["S"] for item in items} == {f"p{number}" for number in range(20)}


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1000])
def test_segments_share_out_the_items(dynamodb, twenty, total):
    found = []
    for segment in range(min(total, 40)) if total < 1000 else (0, 500, 999):
        items, _ = scan_all(dynamodb, twenty, Segment=segment, TotalSegments=total, Limit=2)
        found += [item["pk"]["S"] for item in items]
    assert len(found) == len(set(found))
    if total < 1000:
        assert len(found) == 20


def test_filters_and_counts(dynamodb, twenty):
    answer = dynamodb.scan(
        TableName=twenty,
        FilterExpression="n BETWEEN :low AND :high OR pk = :p",
        ExpressionAttributeValues={":low": {"N": "3"}, ":high": {"N": "5"}, ":p": {"S": "p19"}},
        ConsistentRead=True,
    )
    assert (answer["Count"], answer["ScannedCount"]) == (4, 20)
    assert {item["n"]["N"] for item in answer["Items"]} == {"3", "4", "5", "19"}
    assert dynamodb.scan(TableName=twenty, Select="COUNT")["Count"] == 20


def test_pages_by_one_megabyte(dynamodb, hash_table, put):
    for number in range(6):
        put(hash_table, pk=f"p{number}", payload="x" * 300_000)
    items, pages = scan_all(dynamodb, hash_table)
    assert (len(items), pages) == (6, 2)


def test_an_empty_table(dynamodb, hash_table):
    answer = dynamodb.scan(TableName=hash_table)
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([], 0, 0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Segment": 0},
         "The TotalSegments parameter is required but was not present in the request when Segment parameter is "
         "present"),
        ({"TotalSegments": 4},
         "The Segment parameter is required but was not present in the request when parameter TotalSegments is "
         "present"),
        ({"Segment": 5, "TotalSegments": 5},
         "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
         "Segment: 5 is not less than TotalSegments: 5"),
        ({"ExclusiveStartKey": {"other": {"S": "a"}}},
         "The provided starting key is invalid: The provided key element does not match the schema"),
        ({"FilterExpression": ""}, "Invalid FilterExpression: The expression can not be empty;"),
        ({"FilterExpression": "a = :v"},
         "Invalid FilterExpression: An expression attribute value used in expression is not defined; "
         "attribute value: :v"),
        ({"ExpressionAttributeValues": {":v": {"S": "x"}}},
         "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"),
        ({"FilterExpression": "a = :v", "ExpressionAttributeValues": {":v": {"N": "x"}}},
         "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x "
         "for key :v"),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, hash_table, refused, parameters, message):
    assert refused(dynamodb.scan, TableName=hash_table, **parameters) == ("ValidationException", message)


def test_a_starting_key_of_another_segment(dynamodb, twenty, refused):
    pages = [dynamodb.scan(TableName=twenty, Limit=1, Segment=segment, TotalSegments=2) for segment in (0, 1)]
    start = pages[1]["LastEvaluatedKey"]
    code, message = refused(dynamodb.scan, TableName=twenty, Segment=0, TotalSegments=2, ExclusiveStartKey=start)
    assert code == "ValidationException"
    assert message == (
        "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
        "Segment. TotalSegments: 2 Segment: 0"
    )


def test_many_parentheses_are_refused(dynamodb, hash_table, refused):
    deep = "(" * 1500 + "a = b" + ")" * 1500
    assert refused(dynamodb.scan, TableName=hash_table, FilterExpression=deep) == (
        "ValidationException",
        "Invalid FilterExpression: The expression has redundant parentheses;",
    )
