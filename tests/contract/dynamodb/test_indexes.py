"""Queries and scans of secondary indexes."""

import pytest


@pytest.fixture
def filled(indexed, put):
    put(indexed, pk="a", sk="1", g="red", l="z", proj="p1", other="o1")
    put(indexed, pk="a", sk="2", g="red", l="y", proj="p2", other="o2")
    put(indexed, pk="b", sk="1", g="blue", l="x", proj="p3", other="o3")
    put(indexed, pk="b", sk="2", other="sparse")
    return indexed


def by_g(dynamodb, table, g, **more):
    values = {":g": {"S": g}}
    return dynamodb.query(
        TableName=table, IndexName="gsi", KeyConditionExpression="g = :g", ExpressionAttributeValues=values, **more
    )


def by_l(dynamodb, table, pk, **more):
    values = {":p": {"S": pk}}
    return dynamodb.query(
        TableName=table, IndexName="lsi", KeyConditionExpression="pk = :p", ExpressionAttributeValues=values, **more
    )


def test_a_global_index_has_what_it_projects(dynamodb, filled):
    items = by_g(dynamodb, filled, "red")["Items"]
    assert sorted(item["sk"]["S"] for item in items) == ["1", "2"]
    assert set(items[0]) == {"pk", "sk", "g", "proj"}


def test_a_local_index_is_in_its_own_order(dynamodb, filled):
    items = by_l(dynamodb, filled, "a")["Items"]
    assert [(item["l"]["S"], item["other"]["S"]) for item in items] == [("y", "o2"), ("z", "o1")]
    assert [item["l"]["S"] for item in by_l(dynamodb, filled, "a", ScanIndexForward=False)["Items"]] == ["z", "y"]


def test_items_without_the_key_are_not_in_the_index(dynamodb, filled):
    assert by_l(dynamodb, filled, "b")["Count"] == 1
    assert dynamodb.scan(TableName=filled, IndexName="gsi")["Count"] == 3


def test_entries_follow_their_items(dynamodb, filled, put):
    put(filled, pk="a", sk="1", g="blue")
    assert [item["sk"]["S"] for item in by_g(dynamodb, filled, "red")["Items"]] == ["2"]
    assert by_g(dynamodb, filled, "blue")["Count"] == 2
    key = {"pk": {"S": "a"}, "sk": {"S": "2"}}
    dynamodb.update_item(TableName=filled, Key=key, UpdateExpression="REMOVE g")
    assert by_g(dynamodb, filled, "red")["Count"] == 0
    dynamodb.delete_item(TableName=filled, Key=key)
    assert by_l(dynamodb, filled, "a")["Count"] == 0


def test_pages_through_equal_keys(dynamodb, indexed, put):
    for number in range(7):
        put(indexed, pk=f"p{number}", sk="s", g="same")
    for forward in (True, False):
        found, more = [], {"ScanIndexForward": forward, "Limit": 3}
        while True:
            page = by_g(dynamodb, indexed, "same", **more)
            found += [item["pk"]["S"] for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            assert set(page["LastEvaluatedKey"]) == {"pk", "sk", "g"}
            more["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        assert sorted(found) == [f"p{number}" for number in range(7)]


def test_a_scan_of_an_index_pages(dynamodb, indexed, put):
    for number in range(7):
        put(indexed, pk=f"p{number}", sk="s", g=f"g{number % 3}")
    found, more = [], {}
    while True:
        page = dynamodb.scan(TableName=indexed, IndexName="gsi", Limit=2, **more)
        found += [item["pk"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert sorted(found) == [f"p{number}" for number in range(7)]


def test_consistent_reads_are_for_local_indexes(dynamodb, filled, refused):
    assert by_l(dynamodb, filled, "a", ConsistentRead=True)["Count"] == 2
    message = "Consistent reads are not supported on global secondary indexes"
    for operation in (dynamodb.scan, dynamodb.query):
        request = {"TableName": filled, "IndexName": "gsi", "ConsistentRead": True}
        if operation == dynamodb.query:
            request |= {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "red"}}}
        assert refused(operation, **request) == ("ValidationException", message)


def test_all_attributes_of_a_global_index_that_lacks_some(dynamodb, filled, refused):
    request = {"TableName": filled, "IndexName": "gsi", "Select": "ALL_ATTRIBUTES"}
    assert refused(dynamodb.scan, **request)[1] == (
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary "
        "index gsi because its projection type is not ALL"
    )
    assert set(by_g(dynamodb, filled, "red", Select="ALL_PROJECTED_ATTRIBUTES")["Items"][0]) == {
        "pk",
        "sk",
        "g",
        "proj",
    }


def test_a_local_index_fetches_what_it_does_not_project(dynamodb, unique):
    local = {
        "IndexName": "lsi",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    dynamodb.create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "l")],
        BillingMode="PAY_PER_REQUEST",
        LocalSecondaryIndexes=[local],
    )
    item = {"pk": {"S": "a"}, "sk": {"S": "1"}, "l": {"S": "x"}, "more": {"S": "y"}}
    dynamodb.put_item(TableName=unique, Item=item)
    assert set(by_l(dynamodb, unique, "a")["Items"][0]) == {"pk", "sk", "l"}
    answer = by_l(dynamodb, unique, "a", Select="ALL_ATTRIBUTES", ReturnConsumedCapacity="INDEXES")
    assert answer["Items"] == [item]
    assert answer["ConsumedCapacity"]["Table"] == {"CapacityUnits": 0.5}
    assert answer["ConsumedCapacity"]["LocalSecondaryIndexes"] == {"lsi": {"CapacityUnits": 0.5}}
    assert by_l(dynamodb, unique, "a", ProjectionExpression="more")["Items"] == [{"more": {"S": "y"}}]


@pytest.mark.parametrize("start", [{"g": {"S": "red"}}, {"pk": {"S": "a"}, "sk": {"S": "1"}}])
def test_a_starting_key_names_the_keys_of_index_and_table(dynamodb, filled, refused, start):
    request = {"TableName": filled, "IndexName": "gsi", "ExclusiveStartKey": start}
    assert refused(dynamodb.scan, **request) == ("ValidationException", "The provided starting key is invalid")
