import pytest


def get(table, name, **more):
    return {"Get": {"TableName": table, "Key": {"pk": {"S": name}}, **more}}


def test_gets_in_the_order_asked_for(dynamodb, hash_table, put):
    item = put(hash_table, pk="a", x=1)
    gets = [get(hash_table, "nobody"), get(hash_table, "a")]
    answer = dynamodb.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{}, {"Item": item}]
    units = {"CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": hash_table, **units}]


def test_projects(dynamodb, hash_table, put):
    put(hash_table, pk="a", x=1)
    names = {"#x": "x"}
    gets = [get(hash_table, "a", ProjectionExpression="#x", ExpressionAttributeNames=names)]
    assert dynamodb.transact_get_items(TransactItems=gets)["Responses"] == [{"Item": {"x": {"N": "1"}}}]


def test_a_key_that_does_not_match_cancels(dynamodb, hash_table):
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as error:
        dynamodb.transact_get_items(TransactItems=[get(hash_table, "a"), {"Get": {"TableName": hash_table, "Key": {}}}])
    reasons = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ValidationError"]


def test_what_is_refused(dynamodb, hash_table, unique, refused):
    def message(*gets):
        return refused(dynamodb.transact_get_items, TransactItems=list(gets))

    assert message(get(f"{unique}-gone", "a")) == ("ResourceNotFoundException", "Requested resource not found")
    assert message(get(hash_table, "a", ProjectionExpression="!!!")) == (
        "ValidationException",
        'Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"',
    )
    assert message(get(hash_table, "a"), get(hash_table, "a"))[0] == "ValidationException"
    assert message(*(get(hash_table, str(n)) for n in range(101)))[0] == "ValidationException"
