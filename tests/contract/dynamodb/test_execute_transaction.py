"""PartiQL statements in transactions: all or none."""

import pytest


@pytest.fixture
def transact(dynamodb):
    def execute(*statements, **more):
        given = [{"Statement": one} if isinstance(one, str) else one for one in statements]
        return dynamodb.execute_transaction(TransactStatements=given, **more)

    return execute


@pytest.fixture
def refusal(dynamodb, refused):
    def execute(*statements):
        given = [{"Statement": one} for one in statements]
        return refused(dynamodb.execute_transaction, TransactStatements=given)

    return execute


def test_reads(transact, table, put):
    put(table, pk="a", sk=1, n=1)
    select = "SELECT n FROM \"{}\" WHERE pk = 'a' AND sk = {}"
    answer = transact(select.format(table, 1), select.format(table, 2), ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{"Item": {"n": {"N": "1"}}}, {}]
    units = {"CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": table, **units}]


def test_writes(transact, dynamodb, hash_table, put):
    put(hash_table, pk="a", n=1)
    put(hash_table, pk="b", n=1)
    answer = transact(
        f"UPDATE \"{hash_table}\" SET n = n + 1 WHERE pk = 'a'",
        f"DELETE FROM \"{hash_table}\" WHERE pk = 'b'",
        f"INSERT INTO \"{hash_table}\" VALUE {{'pk': 'c'}}",
        f"EXISTS(SELECT * FROM \"{hash_table}\" WHERE pk = 'd' AND n IS MISSING)",
    )
    assert answer["Responses"] == []
    items = dynamodb.scan(TableName=hash_table)["Items"]
    assert sorted((item["pk"]["S"], item.get("n", {}).get("N")) for item in items) == [("a", "2"), ("c", None)]


def test_all_or_nothing(transact, dynamodb, hash_table, put):
    put(hash_table, pk="a", n=1)
    statements = (
        f"INSERT INTO \"{hash_table}\" VALUE {{'pk': 'a'}}",
        f"UPDATE \"{hash_table}\" SET n = 2 WHERE pk = 'none'",
        f"INSERT INTO \"{hash_table}\" VALUE {{'pk': 'c'}}",
        f"EXISTS(SELECT * FROM \"{hash_table}\" WHERE pk = 'z' AND n = 1)",
    )
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as error:
        transact(*statements)
    reasons = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == [
        "DuplicateItem",
        "ConditionalCheckFailed",
        "None",
        "ConditionalCheckFailed",
    ]
    assert reasons[0]["Message"] == "Duplicate primary key exists in table"
    assert "[DuplicateItem, ConditionalCheckFailed, None, ConditionalCheckFailed]" in str(error.value)
    assert dynamodb.scan(TableName=hash_table)["Count"] == 1


def test_a_token_is_used_once(transact, dynamodb, hash_table, put, unique):
    put(hash_table, pk="a", n=1)
    add = f"UPDATE \"{hash_table}\" SET n = n + 1 WHERE pk = 'a'"
    asked = {"ClientRequestToken": unique, "ReturnConsumedCapacity": "TOTAL"}
    [first] = transact(add, **asked)["ConsumedCapacity"]
    [again] = transact(add, **asked)["ConsumedCapacity"]
    assert (first["WriteCapacityUnits"], again["ReadCapacityUnits"]) == (2.0, 2.0)
    assert "ReadCapacityUnits" not in first and "WriteCapacityUnits" not in again
    assert dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"]["n"] == {"N": "2"}


def test_what_is_refused(refusal, hash_table, indexed):
    good = f"DELETE FROM \"{hash_table}\" WHERE pk = 'a'"
    wrong = "Validation failed in TransactStatements[1]: "
    for statement, message in (
        (f"UPDATE \"{hash_table}\" SET n = 1 WHERE pk = 'x' RETURNING ALL NEW *",
         "RETURNING clause is not supported in ExecuteTransaction."),
        (f"SELECT * FROM \"{indexed}\".\"gsi\" WHERE g = 'x'",
         "Reads on indices are not supported within transactions."),
        (f'SELECT * FROM "{hash_table}" WHERE',
         "Statement wasn't well formed, can't be processed: Unexpected term"),
        (f"EXISTS(SELECT * FROM \"{hash_table}\" WHERE pk = 'x')",
         "EXISTS() must contain a single item read with additional condition"),
    ):  # fmt: skip
        assert refusal(good, statement) == ("ValidationException", wrong + message)
    assert refusal(f'SELECT * FROM "{hash_table}" WHERE n = 1') == (
        "ValidationException",
        "Validation failed in TransactStatements[0]: "
        "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
    )
    assert refusal(good, f"SELECT * FROM \"{hash_table}\" WHERE pk = 'a'")[0] == "ValidationException"
    assert refusal(good, good) == (
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
    )
