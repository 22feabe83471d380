import pytest

INDEX = {
    "IndexName": "by-color",
    "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}
COLOR = [{"AttributeName": "color", "AttributeType": "S"}]


def add_index(dynamodb, table, **changes):
    return dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=[*COLOR, {"AttributeName": "pk", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": {**INDEX, **changes}}],
    )


def by_color(dynamodb, table, color):
    answer = dynamodb.query(
        TableName=table,
        IndexName="by-color",
        KeyConditionExpression="color = :c",
        ExpressionAttributeValues={":c": {"S": color}},
    )
    return [item["pk"]["S"] for item in answer["Items"]]


def test_a_new_index_holds_the_items_of_before(dynamodb, hash_table, put):
    for pk, color in (("b", "red"), ("a", "red"), ("c", "blue")):
        put(hash_table, pk=pk, color=color)
    put(hash_table, pk="plain")
    put(hash_table, pk="odd", color=7)
    answer = add_index(dynamodb, hash_table)["TableDescription"]
    assert answer["TableStatus"] == "UPDATING"
    assert answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert by_color(dynamodb, hash_table, "red") == ["a", "b"]
    found = dynamodb.describe_table(TableName=hash_table)["Table"]
    assert found["GlobalSecondaryIndexes"][0]["ItemCount"] == 3
    assert found["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    assert {given["AttributeName"] for given in found["AttributeDefinitions"]} == {"pk", "color"}


def test_a_large_table_is_indexed_beside_other_requests(dynamodb, hash_table, put, penstock, refused):
    for start in range(0, 4500, 25):
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": f"{n:05}"}, "color": {"S": "red"}}}} for n in range(start, start + 25)
        ]
        dynamodb.batch_write_item(RequestItems={hash_table: puts})
    [begun] = add_index(dynamodb, hash_table)["TableDescription"]["GlobalSecondaryIndexes"]
    assert (begun["IndexStatus"], begun["Backfilling"]) == ("CREATING", False)
    put(hash_table, pk="late", color="red")
    penstock.settle()
    index = dynamodb.describe_table(TableName=hash_table)["Table"]["GlobalSecondaryIndexes"][0]
    assert (index["IndexStatus"], index["ItemCount"]) == ("ACTIVE", 4501)
    assert len(by_color(dynamodb, hash_table, "red")) == 4501


def test_an_index_can_be_deleted(dynamodb, hash_table, put, refused):
    add_index(dynamodb, hash_table)
    put(hash_table, pk="a", color="red")
    dynamodb.update_table(TableName=hash_table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-color"}}])
    found = dynamodb.describe_table(TableName=hash_table)["Table"]
    assert "GlobalSecondaryIndexes" not in found
    assert [given["AttributeName"] for given in found["AttributeDefinitions"]] == ["pk"]
    with pytest.raises(dynamodb.exceptions.ClientError, match="does not have the specified index: by-color"):
        by_color(dynamodb, hash_table, "red")


def test_an_index_that_goes_is_still_told(dynamodb, hash_table, refused):
    add_index(dynamodb, hash_table)
    gone = [{"Delete": {"IndexName": "by-color"}}]
    answer = dynamodb.update_table(TableName=hash_table, GlobalSecondaryIndexUpdates=gone)["TableDescription"]
    [index] = answer["GlobalSecondaryIndexes"]
    assert (answer["TableStatus"], index["IndexName"], index["IndexStatus"]) == ("UPDATING", "by-color", "DELETING")
    found = dynamodb.describe_table(TableName=hash_table)["Table"]
    assert "GlobalSecondaryIndexes" not in found
    assert refused(dynamodb.update_table, TableName=hash_table, GlobalSecondaryIndexUpdates=gone) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Index by-color for table {hash_table}",
    )


def test_one_index_at_a_time(dynamodb, hash_table, refused):
    add_index(dynamodb, hash_table)
    request = {"TableName": hash_table, "AttributeDefinitions": COLOR}
    updates = [{"Delete": {"IndexName": "by-color"}}, {"Create": {**INDEX, "IndexName": "other"}}]
    code, message = refused(dynamodb.update_table, **request, GlobalSecondaryIndexUpdates=updates)
    assert code == "LimitExceededException"
    assert message == (
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
    )
    with pytest.raises(dynamodb.exceptions.ClientError, match="Attempting to create an index which already exists"):
        add_index(dynamodb, hash_table)
    gone = [{"Delete": {"IndexName": "nowhere"}}]
    assert refused(dynamodb.update_table, TableName=hash_table, GlobalSecondaryIndexUpdates=gone)[0] == (
        "ResourceNotFoundException"
    )


def test_throughput_changes_and_says_when_it_would_not(dynamodb, unique, refused):
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    dynamodb.create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput=units,
    )
    code, message = refused(dynamodb.update_table, TableName=unique, ProvisionedThroughput=units)
    assert code == "ValidationException"
    assert message.startswith("The provisioned throughput for the table will not change.")
    more = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 6}
    changed = dynamodb.update_table(TableName=unique, ProvisionedThroughput=more)["TableDescription"]
    assert changed["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    assert "LastIncreaseDateTime" in changed["ProvisionedThroughput"]
    dynamodb.update_table(TableName=unique, BillingMode="PAY_PER_REQUEST")
    found = dynamodb.describe_table(TableName=unique)["Table"]
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert found["ProvisionedThroughput"]["ReadCapacityUnits"] == 0


def test_a_stream_is_switched_on_and_off(dynamodb, hash_table, refused):
    on = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    first = dynamodb.update_table(TableName=hash_table, StreamSpecification=on)["TableDescription"]["LatestStreamArn"]
    message = f"Table already has an enabled stream: TableName: {hash_table}"
    assert refused(dynamodb.update_table, TableName=hash_table, StreamSpecification=on)[1] == message
    off = dynamodb.update_table(TableName=hash_table, StreamSpecification={"StreamEnabled": False})["TableDescription"]
    assert "StreamSpecification" not in off
    assert off["LatestStreamArn"] == first


def test_no_change_of_an_index_is_none(dynamodb, hash_table, refused):
    code, message = refused(dynamodb.update_table, TableName=hash_table, GlobalSecondaryIndexUpdates=[])
    assert (code, message.partition(", ")[0]) == ("ValidationException", "At least one of ProvisionedThroughput")


def test_an_update_without_a_change_is_refused(dynamodb, hash_table, refused):
    code, message = refused(dynamodb.update_table, TableName=hash_table)
    assert code == "ValidationException"
    assert message.startswith("At least one of ProvisionedThroughput, BillingMode,")


def test_a_table_that_once_was_on_demand_says_so(dynamodb, hash_table):
    created = dynamodb.describe_table(TableName=hash_table)["Table"]["BillingModeSummary"]
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    dynamodb.update_table(TableName=hash_table, BillingMode="PROVISIONED", ProvisionedThroughput=units)
    summary = dynamodb.describe_table(TableName=hash_table)["Table"]["BillingModeSummary"]
    assert summary == {**created, "BillingMode": "PROVISIONED"}


def test_a_key_that_is_defined_keeps_its_type(dynamodb, hash_table):
    index = {
        "IndexName": "gsi",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    dynamodb.update_table(
        TableName=hash_table,
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "N"},
            {"AttributeName": "g", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    table = dynamodb.describe_table(TableName=hash_table)["Table"]
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    assert types == {"pk": "S", "g": "N"}
