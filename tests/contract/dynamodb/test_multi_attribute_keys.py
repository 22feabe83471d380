"""Global indexes whose keys have several attributes."""

import pytest

BETWEEN = "must have equality conditions specified in the query because a condition is present on key attribute"


def index(hashes, ranges):
    keys = [(name, "HASH") for name in hashes] + [(name, "RANGE") for name in ranges]
    return {
        "IndexName": "many",
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        "Projection": {"ProjectionType": "ALL"},
    }


def create(dynamodb, name, hashes, ranges, numbers=()):
    names = {"pk": "S", **{one: "N" if one in numbers else "S" for one in (*hashes, *ranges)}}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": kind} for one, kind in names.items()],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[index(hashes, ranges)],
    )
    return name


@pytest.fixture
def many(dynamodb, unique, put):
    name = create(dynamodb, unique, ["h"], ["a", "b", "c", "d"])
    for pk, a, b, c, d in (
        ("p1", "T", "live", "b", "r1"),
        ("p2", "T", "live", "a", "r2"),
        ("p3", "T", "live", "a", "r1"),
        ("p4", "T", "draft", "c", "r1"),
        ("p5", "F", "live", "a", "r0"),
    ):
        put(name, pk=pk, h="o", a=a, b=b, c=c, d=d)
    put(name, pk="p6", h="o", a="T", b="live", d="r1")
    return name


@pytest.fixture
def query(dynamodb, many):
    values = {":h": "o", ":a": "T", ":b": "live", ":c": "a", ":d": "r", ":x": "r1", ":y": "r1"}

    def run(condition, **more):
        used = {name: {"S": value} for name, value in values.items() if name in condition}
        return dynamodb.query(
            TableName=many,
            IndexName="many",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=used,
            **more,
        )

    return run


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("h = :h", "5 4 3 2 1"),
        ("h = :h AND a = :a", "4 3 2 1"),
        ("b = :b AND h = :h AND a = :a", "3 2 1"),
        ("h = :h AND a = :a AND b = :b AND c = :c", "3 2"),
        ("h = :h AND a = :a AND b = :b AND c > :c", "1"),
        ("h = :h AND a = :a AND b = :b AND c >= :c", "3 2 1"),
        ("h = :h AND a = :a AND b < :b", "4"),
        ("h = :h AND a = :a AND b <= :b", "4 3 2 1"),
        ("h = :h AND a = :a AND begins_with(b, :b)", "3 2 1"),
        ("h = :h AND a < :a", "5"),
        ("h = :h AND a = :a AND b = :b AND c = :c AND begins_with(d, :d)", "3 2"),
        ("h = :h AND a = :a AND b = :b AND c = :c AND d BETWEEN :x AND :y", "3"),
        ("h = :h AND a = :a AND b = :b AND c = :c AND d > :x", "2"),
        ("h = :h AND a = :a AND b = :b AND c = :c AND d = :x", "3"),
    ],
)
def test_conditions(query, condition, expected):
    items = query(condition)["Items"]
    assert [item["pk"]["S"] for item in items] == [f"p{n}" for n in expected.split()]
    backwards = query(condition, ScanIndexForward=False)["Items"]
    assert backwards == items[::-1]


def test_conditions_of_old(dynamodb, many):
    wanted = {"h": "o", "a": "T", "b": "live", "c": "a"}
    equal = {name: {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": value}]} for name, value in wanted.items()}
    found = dynamodb.query(TableName=many, IndexName="many", KeyConditions=equal)["Items"]
    assert [item["pk"]["S"] for item in found] == ["p3", "p2"]


def test_pages(query):
    condition = "h = :h AND a = :a"
    page = query(condition, Limit=2)
    assert page["LastEvaluatedKey"].keys() == {"pk", "h", "a", "b", "c", "d"}
    rest = query(condition, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert [item["pk"]["S"] for item in page["Items"] + rest["Items"]] == ["p4", "p3", "p2", "p1"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("h = :h AND a = :a AND c = :c", f"RANGE key attributes b {BETWEEN} c"),
        ("h = :h AND a = :a AND b > :b AND c = :c", f"RANGE key attributes b {BETWEEN} c"),
        ("h = :h AND b = :b", f"RANGE key attributes a {BETWEEN} b"),
        ("a = :a", "Query condition missed key schema element: h"),
    ],
)
def test_what_is_refused(query, refused, condition, message):
    assert refused(query, condition=condition) == ("ValidationException", message)


def test_partition_keys_of_several_attributes(dynamodb, unique, put, refused):
    table = create(dynamodb, unique, ["tenant", "site"], ["n", "s"], numbers=("n",))
    for n in (2, -1, 10):
        put(table, pk=str(n), tenant="a", site="b", n=n, s="x")
    put(table, pk="elsewhere", tenant="a", site="c", n=1, s="x")

    def run(condition, **values):
        return dynamodb.query(
            TableName=table,
            IndexName="many",
            KeyConditionExpression=condition,
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        )["Items"]

    where, keys = "tenant = :t AND site = :s", {"t": {"S": "a"}, "s": {"S": "b"}}
    assert [item["pk"]["S"] for item in run(where, **keys)] == ["-1", "2", "10"]
    assert [item["pk"]["S"] for item in run(f"{where} AND n > :n", n={"N": "-1"}, **keys)] == ["2", "10"]
    open_key = ("ValidationException", "HASH key attributes site must have equality conditions specified in the query")
    assert refused(run, condition="tenant = :t", t={"S": "a"}) == open_key
    assert refused(run, condition="tenant = :t AND site > :s", **keys) == open_key
    assert refused(run, condition="tenant = :t AND begins_with(site, :s)", **keys) == open_key
    assert dynamodb.scan(TableName=table, IndexName="many")["Count"] == 4


def test_schemas_that_are_refused(dynamodb, unique, refused):
    def message(hashes, ranges):
        return refused(create, dynamodb=dynamodb, name=unique, hashes=hashes, ranges=ranges)[1]

    too_many = "The KeySchema exceeds the maximum allowed number of"
    assert f"{too_many} HASH key attributes" in message(["a", "b", "c", "d", "e"], ["f"])
    assert f"{too_many} RANGE key attributes" in message(["f"], ["a", "b", "c", "d", "e"])
    twice = "The KeySchema contains multiple key attributes with the same name"
    assert message(["a", "b"], ["b"]) in (twice, "Attribute Name is duplicated: b")


def test_statements_do_not_read_them(dynamodb, many, refused):
    message = (
        "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
    )
    statement = f'SELECT * FROM "{many}"."many" WHERE h = \'o\''
    assert refused(dynamodb.execute_statement, Statement=statement) == ("ValidationException", message)
    [answer] = dynamodb.batch_execute_statement(Statements=[{"Statement": statement}])["Responses"]
    assert answer["Error"] == {"Code": "ValidationError", "Message": message}
