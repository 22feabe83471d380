import pytest
from botocore.exceptions import ClientError

CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons"
MISMATCH = "The provided key element does not match the schema"


def put_action(table, name, **more):
    return {"Put": {"TableName": table, "Item": {"pk": {"S": name}}, **more}}


def update_action(table, name, expression="SET x = :v", value=None, **more):
    values = {":v": value or {"S": "x"}}
    key = {"pk": {"S": name}}
    given = {"TableName": table, "Key": key, "UpdateExpression": expression, "ExpressionAttributeValues": values}
    return {"Update": {**given, **more}}


def delete_action(table, name, **more):
    return {"Delete": {"TableName": table, "Key": {"pk": {"S": name}}, **more}}


def check_action(table, name, condition, **more):
    return {
        "ConditionCheck": {"TableName": table, "Key": {"pk": {"S": name}}, "ConditionExpression": condition, **more}
    }


@pytest.fixture
def cancelled(dynamodb):
    """The message and the reasons of a cancelled transaction."""

    def call(*actions):
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as error:
            dynamodb.transact_write_items(TransactItems=list(actions))
        return error.value.response["Error"]["Message"], error.value.response["CancellationReasons"]

    return call


def test_all_actions_happen(dynamodb, hash_table, put):
    put(hash_table, pk="gone")
    put(hash_table, pk="counted", n=1)
    dynamodb.transact_write_items(
        TransactItems=[
            put_action(hash_table, "new"),
            update_action(hash_table, "counted", "ADD n :v", {"N": "1"}),
            delete_action(hash_table, "gone"),
            check_action(hash_table, "nobody", "attribute_not_exists(pk)"),
        ]
    )
    items = {item["pk"]["S"]: item for item in dynamodb.scan(TableName=hash_table)["Items"]}
    assert set(items) == {"new", "counted"}
    assert items["counted"]["n"] == {"N": "2"}


def test_nothing_happens_where_one_condition_fails(dynamodb, hash_table, put, cancelled):
    item = put(hash_table, pk="there")
    fresh = "attribute_not_exists(pk)"
    message, reasons = cancelled(
        put_action(hash_table, "new", ConditionExpression=fresh),
        put_action(hash_table, "there", ConditionExpression=fresh, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
        delete_action(hash_table, "nobody", ConditionExpression="attribute_exists(pk)"),
    )
    assert message == f"{CANCELLED} [None, ConditionalCheckFailed, ConditionalCheckFailed]"
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert reasons == [{"Code": "None"}, {**failed, "Item": item}, failed]
    assert dynamodb.scan(TableName=hash_table)["Items"] == [item]


def test_what_an_item_does_not_allow_cancels(hash_table, put, cancelled):
    put(hash_table, pk="a", x="text")
    message, reasons = cancelled(update_action(hash_table, "a", "ADD x :v", {"N": "1"}))
    assert message == f"{CANCELLED} [ValidationError]"
    assert reasons[0]["Message"] == "An operand in the update expression has an incorrect data type"
    message, reasons = cancelled(update_action(hash_table, "a", "SET pk = :v"))
    assert reasons[0]["Message"] == (
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"
    )
    message, reasons = cancelled(update_action(hash_table, "b", "SET x = :v", {"S": "x" * 409_600}))
    assert reasons[0]["Message"] == "Item size to update has exceeded the maximum allowed size"


def test_keys_of_another_type_cancel(hash_table, cancelled):
    wrong = {"pk": {"N": "5"}}
    _, reasons = cancelled({"Put": {"TableName": hash_table, "Item": wrong}})
    assert reasons[0]["Message"] == (
        "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"
    )
    _, reasons = cancelled({"Delete": {"TableName": hash_table, "Key": wrong}})
    assert reasons == [{"Code": "ValidationError", "Message": MISMATCH}]


EMPTY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string "
    "value. Key: pk"
)


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (lambda t: [put_action(t, "a"), delete_action(t, "a")],
         "Transaction request cannot include multiple operations on one item"),
        (lambda t: [{**put_action(t, "a"), **delete_action(t, "b")}],
         "TransactItems can only contain one of Check, Put, Update or Delete"),
        (lambda t: [{}], "The action or operation requested is invalid. Verify that the action is typed correctly."),
        (lambda t: [put_action(t, "")], EMPTY),
        (lambda t: [update_action(t, "")], EMPTY),
        (lambda t: [put_action(f"{t}-gone", "a"), check_action(t, "a", "attribute_not_exists(")],
         'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("'),
        (lambda t: [check_action(t, "a", "attribute_exists(pk)", ExpressionAttributeValues={":v": {"S": "x"}})],
         "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"),
        (lambda t: [put_action(t, "a", ConditionExpression="attribute_exists(a)", ExpressionAttributeValues={})],
         "ExpressionAttributeValues must not be empty"),
        (lambda t: [{"Put": {"TableName": t, "Item": {"pk": {"S": "a"}, "b": {"S": "x" * 409_600}}}}],
         "Item size has exceeded the maximum allowed size"),
    ],
)  # fmt: skip
def test_what_is_refused(dynamodb, hash_table, refused, actions, message):
    found = refused(dynamodb.transact_write_items, TransactItems=actions(hash_table))
    assert found == ("ValidationException", message)
    assert dynamodb.scan(TableName=hash_table)["Count"] == 0


def test_a_table_that_is_not_there(dynamodb, hash_table, unique, refused):
    actions = [put_action(hash_table, "a"), put_action(f"{unique}-gone", "a")]
    assert refused(dynamodb.transact_write_items, TransactItems=actions) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_a_check_needs_a_condition_and_a_transaction_has_100_actions(dynamodb, hash_table, refused):
    check = {"ConditionCheck": {"TableName": hash_table, "Key": {"pk": {"S": "a"}}}}
    code, message = refused(dynamodb.transact_write_items, TransactItems=[check])
    assert code == "ValidationException" and "conditionExpression" in message
    dynamodb.transact_write_items(TransactItems=[put_action(hash_table, str(n)) for n in range(100)])
    actions = [put_action(hash_table, str(n)) for n in range(101)]
    code, message = refused(dynamodb.transact_write_items, TransactItems=actions)
    assert code == "ValidationException"
    assert message.endswith("Member must have length less than or equal to 100")


def test_more_than_4_mb(dynamodb, hash_table, refused):
    payload = {"S": "x" * 390_000}
    actions = [{"Put": {"TableName": hash_table, "Item": {"pk": {"S": str(n)}, "p": payload}}} for n in range(11)]
    assert refused(dynamodb.transact_write_items, TransactItems=actions)[0] == "ValidationException"


def test_a_token_makes_a_transaction_happen_once(dynamodb, hash_table, unique, penstock, refused):
    def increment(amount="1"):
        action = update_action(hash_table, "a", "ADD n :v", {"N": amount})
        return {"TransactItems": [action], "ClientRequestToken": unique}

    def count():
        return dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"]["n"]["N"]

    dynamodb.transact_write_items(**increment())
    dynamodb.transact_write_items(**increment())
    assert count() == "1"
    assert refused(dynamodb.transact_write_items, **increment("2"))[0] == "IdempotentParameterMismatchException"
    penstock.advance(601)
    dynamodb.transact_write_items(**increment("2"))
    assert count() == "3"


def test_a_cancelled_transaction_does_not_use_up_its_token(dynamodb, hash_table, unique, put):
    actions = [check_action(hash_table, "a", "attribute_exists(pk)"), put_action(hash_table, "b")]
    request = {"TransactItems": actions, "ClientRequestToken": unique}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(**request)
    put(hash_table, pk="a")
    dynamodb.transact_write_items(**request)
    assert dynamodb.scan(TableName=hash_table)["Count"] == 2


def test_writes_cost_twice(dynamodb, hash_table):
    answer = dynamodb.transact_write_items(
        TransactItems=[put_action(hash_table, "a"), put_action(hash_table, "b")], ReturnConsumedCapacity="INDEXES"
    )
    units = {"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": hash_table, **units, "Table": units}]


def test_what_is_sent_may_be_four_megabytes_whatever_the_items_are(dynamodb, hash_table, refused):
    large = {"S": "x" * 350_000}
    puts = [{"Put": {"TableName": hash_table, "Item": {"pk": {"S": str(n)}, "v": large}}} for n in range(12)]
    assert refused(dynamodb.transact_write_items, TransactItems=puts) == (
        "ValidationException",
        "Transaction payload size cannot exceed 4 MB",
    )
    dynamodb.transact_write_items(TransactItems=puts[:6])
    dynamodb.transact_write_items(TransactItems=puts[6:])
    one = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    keys = [{"TableName": hash_table, "Key": {"pk": {"S": str(n)}}} for n in range(12)]
    dynamodb.transact_write_items(TransactItems=[{"Update": {**key, **one}} for key in keys])
    values = {":v": {"S": "x" * 390_000}}
    sets = [{"Update": {**key, "UpdateExpression": "SET v = :v", "ExpressionAttributeValues": values}} for key in keys]
    assert refused(dynamodb.transact_write_items, TransactItems=sets)[0] == "ValidationException"


def test_only_the_first_action_that_a_schema_does_not_allow_is_told(dynamodb, hash_table):
    items = [{"pk": {"N": "1"}}, {"pk": {"N": "2"}}]
    never = {"Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_exists(pk)"}
    actions = [{"Put": {"TableName": hash_table, "Item": item}} for item in items]
    with pytest.raises(ClientError) as error:
        dynamodb.transact_write_items(TransactItems=[*actions, {"Put": {"TableName": hash_table, **never}}])
    message = "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"
    assert error.value.response["CancellationReasons"] == [
        {"Code": "ValidationError", "Message": message},
        {"Code": "None"},
        {"Code": "None"},
    ]
