"""PartiQL statements, one by one."""

import pytest
from tests.contract.dynamodb.conftest import create

NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"
BAD_TYPE = "Incorrect operand type for operator or function; operator or function: "


@pytest.fixture
def run(dynamodb):
    def execute(statement, *parameters, **more):
        given = {"Parameters": list(parameters)} if parameters else {}
        return dynamodb.execute_statement(Statement=statement, **given, **more)

    return execute


@pytest.fixture
def items(run):
    return lambda statement, *parameters, **more: run(statement, *parameters, **more)["Items"]


@pytest.fixture
def sorts(items, table):
    """The sort keys of what a WHERE clause selects."""
    return lambda where, *parameters, **more: [
        int(item["sk"]["N"]) for item in items(f'SELECT * FROM "{table}" WHERE {where}', *parameters, **more)
    ]


@pytest.fixture
def one(items, hash_table, put):
    """Whether a condition holds for an item with values of several types."""
    put(
        hash_table,
        pk="one",
        s="text",
        n=5,
        ss={"SS": ["a", "b"]},
        m={"M": {"sub": {"S": "x"}}},
        l={"L": [{"N": "1"}, {"S": "two"}]},
        nul={"NULL": True},
        flag={"BOOL": True},
    )

    def holds(condition, *parameters):
        found = items(f"SELECT pk FROM \"{hash_table}\" WHERE pk = 'one' AND {condition}", *parameters)
        return found == [{"pk": {"S": "one"}}]

    return holds


# -- SELECT ------------------------------------------------------------------------------------------


def test_key_conditions(sorts, table, put):
    for pk, sk in (("a", 1), ("a", 2), ("a", 10), ("b", 1)):
        put(table, pk=pk, sk=sk)
    assert sorts("pk = 'a'") == [1, 2, 10]
    assert sorts("pk = 'a' AND sk > 1") == [2, 10]
    assert sorts("pk = 'a' AND 1 < sk AND sk < 10") == [2]
    assert sorts("pk = 'a' AND sk BETWEEN 2 AND 10") == [2, 10]
    assert sorts("pk = ? AND sk = ?", {"S": "a"}, {"N": "2"}) == [2]
    assert sorts("pk = 'a' ORDER BY sk DESC") == [10, 2, 1]
    assert sorts("pk IN ['b', 'a'] AND sk >= 1 ORDER BY pk DESC, sk DESC") == [1, 10, 2, 1]
    assert sorts("pk IN ('a', 'none')") == [1, 2, 10]
    assert sorted(sorts("sk = 1")) == [1, 1]
    assert sorts("pk = 'a' AND sk = 1 OR pk = 'a' AND NOT sk < 5") == [1, 10]
    assert sorts("pk = 'a' AND sk <> 2") == [1, 10]


def test_columns(items, hash_table, put):
    put(hash_table, pk="a", n=1, m={"M": {"sub": {"M": {"leaf": {"S": "x"}}}}}, l={"L": [{"N": "1"}, {"N": "2"}]})
    where = f"FROM \"{hash_table}\" WHERE pk = 'a'"
    assert items(f"SELECT n, m.sub.leaf {where}") == [{"n": {"N": "1"}, "leaf": {"S": "x"}}]
    assert items(f"SELECT l[1], gone {where}") == [{"l[1]": {"N": "2"}}]
    assert items(f'select "pk" from "{hash_table}"') == [{"pk": {"S": "a"}}]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("s = 'text'", True),
        ("s <> 'text'", False),
        ("s != 'other'", True),
        ("n >= 5.0 AND n < 6", True),
        ("n = -5", False),
        ("n IN [1, 5]", True),
        ("NOT n IN (1, 5)", False),
        ("n NOT IN [1]", True),
        ("n BETWEEN 6 AND 7 OR s = 'text'", True),
        ("begins_with(s, 'te')", True),
        ("BEGINS_WITH(s, 'xx')", False),
        ("contains(ss, 'b')", True),
        ("contains(s, 'ex')", True),
        ("size(s) = 4", True),
        ("size(ss) > 2", False),
        ("attribute_type(ss, 'SS')", True),
        ("attribute_exists(m.sub)", True),
        ("attribute_exists(m.none)", False),
        ("attribute_exists(ss) = true", True),
        ("attribute_exists(ss) = false", False),
        ("attribute_not_exists(gone)", True),
        ("gone IS MISSING", True),
        ("s IS NOT MISSING", True),
        ("nul IS NULL", True),
        ("s IS NULL", False),
        ("s IS NOT NULL", True),
        ("flag IS BOOLEAN AND s IS STRING AND n IS NUMERIC", True),
        ("m.sub = 'x' AND m['sub'] = 'x'", True),
        ("l[1] = 'two'", True),
        ("ss = <<'b', 'a'>>", True),
        ("l = [1, 'two']", True),
        ("m = {'sub': 'x'}", True),
        ("flag = TRUE", True),
        ("(s = 'x' OR (n = 5))", True),
        ("NOT (s = 'x')", True),
        ("\"s\" = 'text' -- a note", True),
    ],
)
def test_conditions(one, condition, expected):
    assert one(condition) is expected


def test_parameters_of_every_type(one):
    assert one("ss = ?", {"SS": ["b", "a"]})
    assert one("m = ?", {"M": {"sub": {"S": "x"}}})
    assert one("l = [?, 'two']", {"N": "1.0"})
    assert not one("n = ?", {"S": "5"})


def test_pages(run, table, put):
    for sk in range(5):
        put(table, pk="a", sk=sk, n=sk % 2)
    statement = f"SELECT sk FROM \"{table}\" WHERE pk IN ['a', 'b'] AND n = 0"
    seen, token, pages = [], {}, 0
    while True:
        page = run(statement, Limit=2, **token)
        seen += [item["sk"]["N"] for item in page["Items"]]
        pages += 1
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert (seen, pages) == (["0", "2", "4"], 3)


def test_a_token_is_for_its_statement(run, table, put, refused, dynamodb):
    put(table, pk="a", sk=1)
    put(table, pk="a", sk=2)
    page = run(f"SELECT * FROM \"{table}\" WHERE pk = 'a'", Limit=1)
    assert page["LastEvaluatedKey"] == {"pk": {"S": "a"}, "sk": {"N": "1"}}
    other = f"SELECT * FROM \"{table}\" WHERE pk = 'b'"
    assert refused(dynamodb.execute_statement, Statement=other, NextToken=page["NextToken"]) == (
        "ValidationException",
        "NextToken does not match request",
    )
    assert refused(dynamodb.execute_statement, Statement=other, NextToken="x")[1] == "Invalid NextToken"


def test_indexes(run, items, indexed, put, refused, dynamodb):
    put(indexed, pk="a", sk="1", g="red", l="x", proj="p", other="o")
    put(indexed, pk="a", sk="2", l="y", other="o")
    assert items(f'SELECT * FROM "{indexed}"."gsi" WHERE g = \'red\'') == [
        {"pk": {"S": "a"}, "sk": {"S": "1"}, "g": {"S": "red"}, "proj": {"S": "p"}}
    ]
    assert items(f"SELECT sk FROM \"{indexed}\".\"lsi\" WHERE pk = 'a' AND l > 'x'") == [{"sk": {"S": "2"}}]
    assert items(f'SELECT sk FROM "{indexed}"."gsi" WHERE NOT other = \'o\'') == [{"sk": {"S": "1"}}]
    capacity = run(f'SELECT pk FROM "{indexed}"."gsi" WHERE g = \'red\'', ReturnConsumedCapacity="INDEXES")[
        "ConsumedCapacity"
    ]
    assert capacity["GlobalSecondaryIndexes"] == {"gsi": {"CapacityUnits": 0.5}}
    assert capacity["Table"] == {"CapacityUnits": 0.0}

    def message(statement, **more):
        return refused(dynamodb.execute_statement, Statement=statement, **more)[1]

    wrong = "One or more parameter values were invalid: "
    assert message(f'SELECT other FROM "{indexed}"."gsi" WHERE g = \'red\'') == (
        f"{wrong}Global secondary index gsi does not project [other]"
    )
    assert message(f"SELECT pk FROM \"{indexed}\".\"gsi\" WHERE g = 'red' AND other = 'o'") == (
        f"{wrong}Secondary index gsi does not project one or more filter attributes: [other]"
    )
    assert message(f'SELECT * FROM "{indexed}"."none"') == "The table does not have the specified index"
    assert message(f'SELECT * FROM "{indexed}"."gsi"', ConsistentRead=True) == (
        "Strongly consistent read is not supported on Global Secondary Indexes"
    )
    assert message(f"DELETE FROM \"{indexed}\".\"gsi\" WHERE pk = 'a' AND sk = '1'") == (
        "This operation is not supported on an index"
    )


def test_consumed_capacity(run, hash_table, put):
    put(hash_table, pk="a")
    statement = f"SELECT * FROM \"{hash_table}\" WHERE pk = 'a'"

    def units(**more):
        return run(statement, ReturnConsumedCapacity="TOTAL", **more)["ConsumedCapacity"]

    assert units() == {"TableName": hash_table, "CapacityUnits": 0.5}
    assert units(ConsistentRead=True)["CapacityUnits"] == 1.0
    spent = run(f"INSERT INTO \"{hash_table}\" VALUE {{'pk': 'b'}}", ReturnConsumedCapacity="TOTAL")
    assert spent["ConsumedCapacity"]["CapacityUnits"] == 1.0


# -- INSERT ------------------------------------------------------------------------------------------


def test_insert(run, dynamodb, hash_table, refused):
    statement = (
        f"INSERT INTO \"{hash_table}\" VALUE {{'pk': ?, 'n': -1.50, 'e': 7.32e6, 's': 'it''s', 'l': [1, ?, true], "
        "'m': {'x': NULL}, 'ss': <<'b', 'a'>>, 'ns': <<2, 1.0>>, 'empty': []}"
    )
    parameters = ({"S": "a"}, {"B": b"\x00"})
    assert run(statement, *parameters)["Items"] == []
    assert dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"] == {
        "pk": {"S": "a"},
        "n": {"N": "-1.5"},
        "e": {"N": "7320000"},
        "s": {"S": "it's"},
        "l": {"L": [{"N": "1"}, {"B": b"\x00"}, {"BOOL": True}]},
        "m": {"M": {"x": {"NULL": True}}},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
        "empty": {"L": []},
    }
    assert refused(dynamodb.execute_statement, Statement=statement, Parameters=list(parameters)) == (
        "DuplicateItemException",
        "Duplicate primary key exists in table",
    )


# -- UPDATE ------------------------------------------------------------------------------------------


@pytest.fixture
def update(items, hash_table, put):
    """What RETURNING gives of an item that is changed: `update("SET n = 2", "ALL NEW *")`."""
    put(
        hash_table,
        pk="u",
        n=1,
        s="old",
        m={"M": {"x": {"N": "1"}, "y": {"N": "2"}}},
        l={"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]},
        ss={"SS": ["a", "b"]},
    )

    def change(what, returning="MODIFIED NEW *", *parameters):
        return items(f"UPDATE \"{hash_table}\" {what} WHERE pk = 'u' RETURNING {returning}", *parameters)

    return change


@pytest.mark.parametrize(
    ("what", "new"),
    [
        ("SET n = 2", {"n": {"N": "2"}}),
        ("SET n = n + 1 SET s = 'new'", {"n": {"N": "2"}, "s": {"S": "new"}}),
        ("SET n = 10 - n, s = 'new'", {"n": {"N": "9"}, "s": {"S": "new"}}),
        ("SET m.x = 5", {"m": {"M": {"x": {"N": "5"}}}}),
        ("SET l[1] = 'x'", {"l": {"L": [{"S": "x"}]}}),
        ("SET l = list_append(l, ['d'])", {"l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}, {"S": "d"}]}}),
        ("SET ss = set_add(ss, <<'c'>>)", {"ss": {"SS": ["a", "b", "c"]}}),
        ("SET ss = SET_DELETE(ss, <<'a'>>)", {"ss": {"SS": ["b"]}}),
        ("SET made = set_add(made, <<1>>)", {"made": {"NS": ["1"]}}),
        ("SET copy = m.y", {"copy": {"N": "2"}}),
        ("SET n = 3 REMOVE s", {"n": {"N": "3"}}),
    ],
)
def test_update(update, what, new):
    assert update(what) == [new]


def test_what_an_update_returns(update):
    assert update("REMOVE s", "MODIFIED NEW *") == []
    assert update("SET s = 'new'", "MODIFIED OLD *") == []
    assert update("SET s = 'newer'", "MODIFIED OLD *") == [{"s": {"S": "new"}}]
    assert update("SET n = 2", "ALL OLD *")[0]["n"] == {"N": "1"}
    assert update("SET n = ?", "ALL NEW *", {"N": "3"})[0]["n"] == {"N": "3"}
    assert update("REMOVE l[1]", "MODIFIED NEW *") == [{"l": {"L": [{"S": "c"}]}}]


def test_from_first(items, hash_table, put):
    put(hash_table, pk="a")
    changed = items(f"FROM \"{hash_table}\" WHERE pk = 'a' SET c = 1 RETURNING ALL NEW *")
    assert changed == [{"pk": {"S": "a"}, "c": {"N": "1"}}]


def test_conditional_writes(run, dynamodb, hash_table, put, refused):
    put(hash_table, pk="a", n=1)

    def refusal(statement, **more):
        return refused(dynamodb.execute_statement, Statement=statement, **more)

    failed = ("ConditionalCheckFailedException", "The conditional request failed")
    assert refusal(f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'a' AND n = 5") == failed
    assert refusal(f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'none'") == failed
    assert refusal(f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'none' AND attribute_not_exists(pk)") == failed
    assert refusal(f"DELETE FROM \"{hash_table}\" WHERE pk = 'a' AND n = 5") == failed
    run(f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'a' AND n = 1")
    assert run(f"DELETE FROM \"{hash_table}\" WHERE pk = 'none' AND n = 5")["Items"] == []
    assert run(f"DELETE FROM \"{hash_table}\" WHERE pk = 'a' RETURNING ALL OLD *")["Items"] == [
        {"pk": {"S": "a"}, "n": {"N": "2"}}
    ]
    assert run(f"DELETE FROM \"{hash_table}\" WHERE pk = 'a' RETURNING ALL OLD *")["Items"] == []


def test_the_item_that_failed_a_condition(dynamodb, hash_table, put):
    put(hash_table, pk="a", n=1)
    statement = f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'a' AND n = 5"
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as error:
        dynamodb.execute_statement(Statement=statement, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert error.value.response["Item"] == {"pk": {"S": "a"}, "n": {"N": "1"}}


# -- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ('DELETE FROM "{t}" WHERE n = 1', NO_KEY),
        ('UPDATE "{t}" SET n = 1', NO_KEY),
        ("UPDATE \"{t}\" SET pk = 'b' WHERE pk = 'a'",
         "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"),
        ("DELETE FROM \"{t}\" WHERE pk = 'a' AND pk = 'b'",
         "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"),
        ('SELECT * FROM "{t}" WHERE pk = 1',
         "Key attribute's data type should match its data type in table's schema: Key pk"),
        ("SELECT * FROM \"{t}\" WHERE n < true", BAD_TYPE + "<, operand type: BOOL"),
        ("UPDATE \"{t}\" SET l[0] = 1 WHERE pk = 'x'",
         "The document path provided in the update expression is invalid for update"),
        ("UPDATE \"{t}\" SET n = 1, n = 2 WHERE pk = 'x'",
         "Two document paths overlap with each other; must remove or rewrite one of these paths; "
         "path one: [n], path two: [n]"),
        ("UPDATE \"{t}\" SET pk2 = set_add(pk2, 'x') WHERE pk = 'a'", None),
        ('SELECT * FROM "{t}" ORDER BY pk', "Must have WHERE clause in the statement when using ORDER BY clause."),
        ('SELECT * FROM "{t}" WHERE n = 1 ORDER BY pk',
         "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."),
        ("SELECT * FROM \"{t}\" WHERE pk = 'a' ORDER BY n",
         "Variable reference n in ORDER BY clause must be part of the primary key"),
        ("EXISTS(SELECT * FROM \"{t}\" WHERE pk = 'a')",
         "EXISTS can only be used in ExecuteTransaction write requests."),
        ('SELECT * FROM "{t}" WHERE pk = ?', "Number of parameters in request and statement don't match."),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, hash_table, put, refused, statement, message):
    put(hash_table, pk="x")
    code, said = refused(dynamodb.execute_statement, Statement=statement.format(t=hash_table))
    assert code == "ValidationException"
    if message is not None:
        assert said == message
    else:
        assert said.startswith("The second argument to SET_ADD must be a value with type SET at 1:")


def test_tables_that_are_not_there(dynamodb, unique, refused):
    def refusal(statement, *parameters):
        given = {"Parameters": list(parameters)} if parameters else {}
        return refused(dynamodb.execute_statement, Statement=statement.format(t=unique), **given)

    gone = ("ResourceNotFoundException", "Requested resource not found")
    assert refusal("SELECT * FROM \"{t}\" WHERE pk = 'a'") == gone
    assert refusal("FROM \"{t}\" WHERE pk = 'x' SET c = 1") == gone
    assert refusal('SELECT pk FROM "{t}" WHERE pk = ? AND n < ?', {"S": "x"}, {"BOOL": True})[1].startswith(BAD_TYPE)


def test_a_stream_sees_statements(client, dynamodb, unique, run):
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = create(dynamodb, unique, {"pk": "S"}, {}, StreamSpecification=stream)
    run(f"INSERT INTO \"{table}\" VALUE {{'pk': 'a'}}")
    run(f"UPDATE \"{table}\" SET n = 1 WHERE pk = 'a'")
    run(f"DELETE FROM \"{table}\" WHERE pk = 'a'")
    streams = client("dynamodbstreams")
    arn = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
