"""PartiQL statements in batches: each has its own answer."""

import pytest

NOT_BY_KEY = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."


@pytest.fixture
def batch(dynamodb):
    def execute(*statements, **more):
        given = [{"Statement": one} if isinstance(one, str) else one for one in statements]
        return dynamodb.batch_execute_statement(Statements=given, **more)

    return execute


def test_reads(batch, table, put):
    put(table, pk="a", sk=1, n=1)
    assert batch(
        f"SELECT n FROM \"{table}\" WHERE pk = 'a' AND sk = 1",
        {"Statement": f'SELECT * FROM "{table}" WHERE sk = ? AND pk = ?', "Parameters": [{"N": "2"}, {"S": "a"}]},
    )["Responses"] == [{"TableName": table, "Item": {"n": {"N": "1"}}}, {"TableName": table}]


def test_writes(batch, dynamodb, hash_table, put):
    put(hash_table, pk="a", n=1)
    put(hash_table, pk="b", n=1)
    answers = batch(
        f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'a' RETURNING ALL NEW *",
        f"DELETE FROM \"{hash_table}\" WHERE pk = 'b'",
        f"INSERT INTO \"{hash_table}\" VALUE {{'pk': 'c'}}",
        f"UPDATE \"{hash_table}\" REMOVE n WHERE pk = 'a' RETURNING MODIFIED NEW *",
    )["Responses"]
    assert (
        answers
        == [{"TableName": hash_table, "Item": {"pk": {"S": "a"}, "n": {"N": "2"}}}] + [{"TableName": hash_table}] * 3
    )
    assert {item["pk"]["S"] for item in dynamodb.scan(TableName=hash_table)["Items"]} == {"a", "c"}


def test_each_failure_stands_in_its_place(batch, dynamodb, hash_table, put, unique):
    put(hash_table, pk="a", n=1)
    answers = batch(
        f"SLECT * FROM \"{hash_table}\" WHERE pk = 'a'",
        f'SELECT * FROM "{hash_table}" WHERE n = 1',
        f"SELECT * FROM \"{hash_table}\" WHERE pk = 'a' AND n = 1",
        f"SELECT * FROM \"{unique}-gone\" WHERE pk = 'a'",
        f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'a' AND n = 7",
        f"INSERT INTO \"{hash_table}\" VALUE {{'pk': 'a'}}",
        f"DELETE FROM \"{hash_table}\" WHERE pk = 'a' RETURNING ALL NEW *",
        f'SELECT * FROM "{hash_table}" WHERE pk = ?',
        f"SELECT * FROM \"{hash_table}\" WHERE pk = 'a'",
    )["Responses"]
    assert [(answer.get("TableName"), answer.get("Error", {}).get("Code")) for answer in answers] == [
        (None, "ValidationError"),
        (None, "ValidationError"),
        (None, "ValidationError"),
        (None, "ResourceNotFound"),
        (hash_table, "ConditionalCheckFailed"),
        (hash_table, "DuplicateItem"),
        (None, "ValidationError"),
        (None, "ValidationError"),
        (hash_table, None),
    ]
    messages = [answer["Error"]["Message"] for answer in answers[:-1]]
    assert messages[0] == "Statement wasn't well formed, can't be processed: Expected data manipulation"
    assert messages[1] == messages[2] == NOT_BY_KEY
    assert messages[3] == "Requested resource not found"
    assert messages[5] == "Duplicate primary key exists in table"
    assert messages[6].startswith("Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD *")
    assert messages[7] == "Number of parameters in request and statement don't match."
    assert answers[-1]["Item"] == {"pk": {"S": "a"}, "n": {"N": "1"}}


def test_indexes_are_refused(batch, indexed):
    [answer] = batch(f"SELECT * FROM \"{indexed}\".\"gsi\" WHERE pk = 'a' AND sk = '1'")["Responses"]
    assert answer == {"Error": {"Code": "ValidationError", "Message": NOT_BY_KEY}}


def test_consumed_capacity(batch, hash_table, put):
    put(hash_table, pk="a")
    select = f"SELECT * FROM \"{hash_table}\" WHERE pk = 'a'"
    answer = batch(select, {"Statement": select, "ConsistentRead": True}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": hash_table, "CapacityUnits": 1.5}]
