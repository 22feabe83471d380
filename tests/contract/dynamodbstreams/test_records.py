"""What a change leaves in a stream."""

import pytest


def images(record):
    return {member for member in ("NewImage", "OldImage") if member in record["dynamodb"]}


def test_a_record(streamed, penstock):
    streamed.put("a", n="101")
    [record] = streamed.read()
    assert len(record.pop("eventID")) == 32
    change = record["dynamodb"]
    number = change.pop("SequenceNumber")
    assert number.isdecimal() and len(number) >= 21
    at = change.pop("ApproximateCreationDateTime").timestamp()
    assert at == int(at) and abs(at - penstock.now()) < 10
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": {"pk": {"S": "a"}},
            "NewImage": {"pk": {"S": "a"}, "n": {"N": "101"}},
            "SizeBytes": 3 + 3 + 1 + 3,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


@pytest.mark.parametrize(
    ("view_type", "inserted", "modified", "removed"),
    [
        ("KEYS_ONLY", set(), set(), set()),
        ("NEW_IMAGE", {"NewImage"}, {"NewImage"}, set()),
        ("OLD_IMAGE", set(), {"OldImage"}, {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage"}, {"NewImage", "OldImage"}, {"OldImage"}),
    ],
)
def test_view_types(make, view_type, inserted, modified, removed):
    table = make(view_type)
    table.put("a", n="1")
    table.put("a", n="2")
    table.delete("a")
    records = table.read()
    assert [(record["eventName"], images(record)) for record in records] == [
        ("INSERT", inserted),
        ("MODIFY", modified),
        ("REMOVE", removed),
    ]
    assert {record["dynamodb"]["StreamViewType"] for record in records} == {view_type}
    assert all(record["dynamodb"]["Keys"] == {"pk": {"S": "a"}} for record in records)


def test_sizes_are_those_of_keys_and_images(streamed):
    """The example of the API reference: 26, 59 and 38 bytes, with another name for the key."""
    streamed.dynamodb.put_item(TableName=streamed.name, Item={"pk": {"S": "abc"}, "Message": {"S": "New item!"}})
    streamed.dynamodb.put_item(
        TableName=streamed.name, Item={"pk": {"S": "abc"}, "Message": {"S": "This item has changed"}}
    )
    streamed.delete("abc")
    assert [record["dynamodb"]["SizeBytes"] for record in streamed.read()] == [26, 59, 38]


def test_writes_that_change_nothing_leave_no_record(streamed):
    streamed.put("a", n="1")
    streamed.put("a", n="1.0")
    streamed.delete("missing")
    key = {"pk": {"S": "a"}}
    streamed.dynamodb.update_item(TableName=streamed.name, Key=key, UpdateExpression="REMOVE absent")
    streamed.dynamodb.update_item(
        TableName=streamed.name, Key=key, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "1"}}
    )
    streamed.dynamodb.update_item(TableName=streamed.name, Key={"pk": {"S": "none"}}, UpdateExpression="REMOVE absent")
    assert [record["eventName"] for record in streamed.read()] == ["INSERT"]


def test_an_update_makes_an_item(streamed):
    streamed.dynamodb.update_item(TableName=streamed.name, Key={"pk": {"S": "a"}})
    [record] = streamed.read()
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {"pk": {"S": "a"}}


def test_a_refused_transaction_leaves_no_record(streamed, error):
    streamed.put("a", n="1")
    put = {"Put": {"TableName": streamed.name, "Item": {"pk": {"S": "b"}}}}
    check = {
        "ConditionCheck": {
            "TableName": streamed.name,
            "Key": {"pk": {"S": "a"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    error(streamed.dynamodb.transact_write_items, TransactItems=[put, check])
    assert len(streamed.read()) == 1
    delete = {"Delete": {"TableName": streamed.name, "Key": {"pk": {"S": "a"}}}}
    streamed.dynamodb.transact_write_items(TransactItems=[put, delete])
    assert [record["eventName"] for record in streamed.read()] == ["INSERT", "INSERT", "REMOVE"]


def test_batches_are_recorded_item_by_item(streamed):
    writes = [{"PutRequest": {"Item": {"pk": {"S": f"i{n}"}}}} for n in range(5)]
    streamed.dynamodb.batch_write_item(RequestItems={streamed.name: writes})
    records = streamed.read()
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in records] == [f"i{n}" for n in range(5)]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))
    assert len({record["eventID"] for record in records}) == 5


def test_expired_items_are_removed_by_the_service(streamed, penstock):
    streamed.dynamodb.update_time_to_live(
        TableName=streamed.name, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True}
    )
    streamed.put("a", ttl=str(int(penstock.now()) + 60))
    streamed.put("b", ttl=str(int(penstock.now()) + 60))
    streamed.delete("b")
    penstock.advance(61)
    *_, by_caller, by_service = streamed.read()
    assert by_service["eventName"] == by_caller["eventName"] == "REMOVE"
    assert by_service["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert "userIdentity" not in by_caller


def test_binary_values_come_back_as_they_were(streamed):
    streamed.dynamodb.put_item(
        TableName=streamed.name, Item={"pk": {"S": "a"}, "b": {"B": b"\x00\xff"}, "bs": {"BS": [b"1", b"2"]}}
    )
    [record] = streamed.read()
    assert record["dynamodb"]["NewImage"]["b"] == {"B": b"\x00\xff"}
    assert record["dynamodb"]["NewImage"]["bs"] == {"BS": [b"1", b"2"]}
