import pytest

KIB = 1024


@pytest.fixture
def sized(dynamodb, hash_table):
    """`sized(bytes)` puts an item of that size, and answers the units this took."""

    def write(size, **more):
        item = {"pk": {"S": "a"}, "p": {"S": "x" * (size - 4)}}
        answer = dynamodb.put_item(TableName=hash_table, Item=item, ReturnConsumedCapacity="TOTAL", **more)
        assert answer["ConsumedCapacity"]["TableName"] == hash_table
        return answer["ConsumedCapacity"]["CapacityUnits"]

    return write


def read(dynamodb, table, **more):
    request = {"TableName": table, "Key": {"pk": {"S": "a"}}, "ReturnConsumedCapacity": "TOTAL", **more}
    return dynamodb.get_item(**request)["ConsumedCapacity"]["CapacityUnits"]


def test_a_write_costs_a_unit_for_each_kib(sized):
    assert [sized(size) for size in (KIB, KIB + 1, 3 * KIB)] == [1, 2, 3]


def test_a_write_costs_as_much_as_the_larger_image(sized, dynamodb, hash_table):
    sized(3 * KIB)
    assert sized(100) == 3
    sized(3 * KIB)
    request = {"TableName": hash_table, "Key": {"pk": {"S": "a"}}, "ReturnConsumedCapacity": "TOTAL"}
    assert dynamodb.delete_item(**request)["ConsumedCapacity"]["CapacityUnits"] == 3
    assert dynamodb.delete_item(**request)["ConsumedCapacity"]["CapacityUnits"] == 1


def test_a_read_costs_a_unit_for_each_4_kib_or_half_of_it(sized, dynamodb, hash_table):
    assert (read(dynamodb, hash_table, ConsistentRead=True), read(dynamodb, hash_table)) == (1, 0.5)
    sized(4 * KIB + 1)
    assert (read(dynamodb, hash_table, ConsistentRead=True), read(dynamodb, hash_table)) == (2, 1)
    assert read(dynamodb, hash_table, ConsistentRead=True, ProjectionExpression="pk") == 2


def test_a_query_is_charged_for_all_that_it_read(dynamodb, table, put):
    for sk in range(6):
        put(table, pk="a", sk=sk, keep=sk, filler="x" * 1000)

    def units(**more):
        values = {":p": {"S": "a"}, **more.pop("values", {})}
        answer = dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues=values,
            ReturnConsumedCapacity="TOTAL",
            **more,
        )
        return answer["ConsumedCapacity"]["CapacityUnits"]

    assert units() == 1
    assert units(ConsistentRead=True) == 2
    assert units(FilterExpression="keep = :k", values={":k": {"N": "99"}}) == 1
    assert units(ProjectionExpression="sk") == 1
    assert units(Select="COUNT") == 1


def test_an_empty_query_costs_the_least(dynamodb, table):
    answer = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "a"}},
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["ConsumedCapacity"] == {
        "TableName": table,
        "CapacityUnits": 0.5,
        "Table": {"CapacityUnits": 0.5},
    }


def arms(answer):
    found = answer["ConsumedCapacity"]
    gsi = found.get("GlobalSecondaryIndexes", {}).get("gsi", {}).get("CapacityUnits")
    lsi = found.get("LocalSecondaryIndexes", {}).get("lsi", {}).get("CapacityUnits")
    return found["CapacityUnits"], found["Table"]["CapacityUnits"], gsi, lsi


WHOLE = {"g": {"S": "g"}, "l": {"S": "l"}, "proj": {"S": "p"}, "other": {"S": "o"}}
KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


@pytest.mark.parametrize(
    ("attributes", "units"),
    [
        ({}, (1, 1, None, None)),
        ({"g": {"S": "g"}}, (2, 1, 1, None)),
        ({"l": {"S": "l"}}, (2, 1, None, 1)),
        (WHOLE, (3, 1, 1, 1)),
    ],
)
def test_a_put_is_charged_for_the_indexes_it_enters(dynamodb, indexed, attributes, units):
    request = {"TableName": indexed, "Item": {**KEY, **attributes}, "ReturnConsumedCapacity": "INDEXES"}
    assert arms(dynamodb.put_item(**request)) == units
    assert arms(dynamodb.put_item(**request)) == (1, 1, None, None)


@pytest.mark.parametrize(
    ("expression", "units"),
    [
        ("SET other = :v", (2, 1, None, 1)),
        ("SET proj = :v", (3, 1, 1, 1)),
        ("SET g = :v", (4, 1, 2, 1)),
        ("REMOVE g", (3, 1, 1, 1)),
        ("SET l = :v", (3, 1, None, 2)),
    ],
)
def test_an_update_is_charged_for_what_it_changes_in_indexes(dynamodb, indexed, expression, units):
    dynamodb.put_item(TableName=indexed, Item={**KEY, **WHOLE})
    request = {"TableName": indexed, "Key": KEY, "ReturnConsumedCapacity": "INDEXES"}
    names = {"ExpressionAttributeNames": {"#other": "other"}} if "other" in expression else {}
    if ":v" in expression:
        request["ExpressionAttributeValues"] = {":v": {"S": "changed"}}
    answer = dynamodb.update_item(**request, **names, UpdateExpression=expression.replace("other", "#other"))
    assert arms(answer) == units


def test_batches_report_each_table(dynamodb, hash_table, indexed):
    answer = dynamodb.batch_write_item(
        RequestItems={
            hash_table: [{"PutRequest": {"Item": {"pk": {"S": "a"}}}}],
            indexed: [{"PutRequest": {"Item": {**KEY, "g": {"S": "g"}}}}],
        },
        ReturnConsumedCapacity="INDEXES",
    )
    units = {found["TableName"]: found["CapacityUnits"] for found in answer["ConsumedCapacity"]}
    assert units == {hash_table: 1, indexed: 2}
    keys = {"Keys": [{"pk": {"S": name}} for name in "ab"]}
    answer = dynamodb.batch_get_item(RequestItems={hash_table: keys}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": hash_table, "CapacityUnits": 1.0}]


def test_item_collections_are_measured_where_there_is_a_local_index(dynamodb, indexed, hash_table):
    more = {"ReturnItemCollectionMetrics": "SIZE"}
    expected = {"ItemCollectionKey": {"pk": {"S": "a"}}, "SizeEstimateRangeGB": [0, 1]}
    assert dynamodb.put_item(TableName=indexed, Item=KEY, **more)["ItemCollectionMetrics"] == expected
    assert dynamodb.delete_item(TableName=indexed, Key=KEY, **more)["ItemCollectionMetrics"] == expected
    assert "ItemCollectionMetrics" not in dynamodb.put_item(TableName=hash_table, Item={"pk": {"S": "a"}}, **more)
