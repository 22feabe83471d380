ENABLED = {"AttributeName": "ttl", "Enabled": True}
DISABLED = {"AttributeName": "ttl", "Enabled": False}


def names(dynamodb, table):
    return {item["pk"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}


def test_is_described(dynamodb, hash_table):
    assert dynamodb.describe_time_to_live(TableName=hash_table)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    answer = dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=ENABLED)
    assert answer["TimeToLiveSpecification"] == ENABLED
    assert dynamodb.describe_time_to_live(TableName=hash_table)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "ttl",
    }


def test_changes_that_are_refused(dynamodb, hash_table, refused):
    def message(specification):
        return refused(dynamodb.update_time_to_live, TableName=hash_table, TimeToLiveSpecification=specification)[1]

    assert message(DISABLED) == "TimeToLive is already disabled"
    dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=ENABLED)
    assert message(ENABLED) == "TimeToLive is already enabled"
    assert message({"AttributeName": "x", "Enabled": False}) == (
        "TimeToLive is active on a different AttributeName: current AttributeName is ttl"
    )


def test_items_go_when_their_time_has_come(dynamodb, hash_table, put, penstock):
    dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=ENABLED)
    now = int(penstock.now())
    put(hash_table, pk="late", ttl=now + 7200)
    put(hash_table, pk="soon", ttl=now + 60)
    put(hash_table, pk="text", ttl=str(now + 60))
    put(hash_table, pk="ancient", ttl=now - 6 * 365 * 86400)
    put(hash_table, pk="kept", ttl=now + 60)
    put(hash_table, pk="kept")
    penstock.advance(61)
    assert names(dynamodb, hash_table) == {"late", "text", "ancient", "kept"}
    penstock.advance(7200)
    assert names(dynamodb, hash_table) == {"text", "ancient", "kept"}
    assert dynamodb.describe_table(TableName=hash_table)["Table"]["ItemCount"] == 3


def test_items_of_before_expire_too(dynamodb, hash_table, put, penstock):
    now = int(penstock.now())
    put(hash_table, pk="past", ttl=now - 10)
    put(hash_table, pk="soon", ttl=now + 60)
    penstock.advance(61)
    assert names(dynamodb, hash_table) == {"past", "soon"}
    dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=ENABLED)
    penstock.advance(1)
    assert names(dynamodb, hash_table) == set()


def test_nothing_expires_once_it_is_disabled(dynamodb, hash_table, put, penstock):
    dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=ENABLED)
    put(hash_table, pk="a", ttl=int(penstock.now()) + 60)
    dynamodb.update_time_to_live(TableName=hash_table, TimeToLiveSpecification=DISABLED)
    penstock.advance(120)
    assert names(dynamodb, hash_table) == {"a"}


def test_expired_items_leave_the_indexes(dynamodb, indexed, put, penstock):
    dynamodb.update_time_to_live(TableName=indexed, TimeToLiveSpecification=ENABLED)
    put(indexed, pk="a", sk="b", g="red", ttl=int(penstock.now()) + 60)
    penstock.advance(61)
    assert dynamodb.scan(TableName=indexed, IndexName="gsi")["Count"] == 0
