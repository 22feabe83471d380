from tests.contract.dynamodbstreams.conftest import HOUR, ids


def get(table, iterator, **more):
    return table.streams.get_records(ShardIterator=iterator, **more)


def test_pages(streamed):
    for n in range(5):
        streamed.put(f"i{n}")
    first = get(streamed, streamed.iterator(), Limit=2)
    second = get(streamed, first["NextShardIterator"], Limit=2)
    third = get(streamed, second["NextShardIterator"], Limit=2)
    assert [ids(page["Records"]) for page in (first, second, third)] == [["i0", "i1"], ["i2", "i3"], ["i4"]]
    fourth = get(streamed, third["NextShardIterator"])
    assert fourth["Records"] == []
    streamed.put("i5")
    assert ids(get(streamed, fourth["NextShardIterator"])["Records"]) == ["i5"]


def test_a_megabyte_at_most(streamed):
    for n in range(4):
        item = {"pk": {"S": f"i{n}"}, "big": {"S": "x" * 300 * 1024}}
        streamed.dynamodb.put_item(TableName=streamed.name, Item=item)
    first = get(streamed, streamed.iterator())
    assert ids(first["Records"]) == ["i0", "i1", "i2"]
    assert ids(get(streamed, first["NextShardIterator"])["Records"]) == ["i3"]


def test_iterators_expire_after_fifteen_minutes(streamed, penstock, error):
    iterator = streamed.iterator()
    penstock.advance(14 * 60)
    following = get(streamed, iterator)["NextShardIterator"]
    penstock.advance(2 * 60)
    assert error(streamed.streams.get_records, ShardIterator=iterator)[0] == "ExpiredIteratorException"
    get(streamed, following)


def test_a_closed_shard_ends(streamed, penstock):
    streamed.put("a")
    penstock.advance(4 * HOUR)
    streamed.put("b")
    old, new = streamed.shards()
    assert new["ParentShardId"] == old["ShardId"]
    page = get(streamed, streamed.iterator(shard=0), Limit=1)
    assert ids(page["Records"]) == ["a"]
    assert "NextShardIterator" not in page
    page = get(streamed, streamed.iterator(shard=1))
    assert ids(page["Records"]) == ["b"]
    assert "NextShardIterator" in page


def test_an_iterator_outlives_the_roll_of_its_shard(streamed, penstock):
    streamed.put("a")
    penstock.advance(4 * HOUR - 120)
    iterator = streamed.iterator("LATEST")
    streamed.put("b")
    penstock.advance(300)
    streamed.put("c")
    page = get(streamed, iterator)
    assert ids(page["Records"]) == ["b"]
    assert "NextShardIterator" not in page


def test_records_are_trimmed_after_a_day(streamed, penstock, error):
    streamed.put("a")
    penstock.advance(120)
    streamed.put("b")
    penstock.advance(120)
    streamed.put("c")
    old, middle, _ = streamed.read()
    penstock.advance(24 * HOUR - 180)
    assert ids(streamed.read(0)) == ["b", "c"]

    def after(record):
        return streamed.iterator("AFTER_SEQUENCE_NUMBER", 0, SequenceNumber=record["dynamodb"]["SequenceNumber"])

    assert ids(get(streamed, after(middle))["Records"]) == ["c"]
    iterator = after(middle)
    code, message = error(after, record=old)
    assert code == "TrimmedDataAccessException"
    assert message.startswith("The operation attempted to read past the oldest stream record in a shard.")
    penstock.advance(130)
    assert error(streamed.streams.get_records, ShardIterator=iterator)[0] == "TrimmedDataAccessException"
    assert ids(streamed.read(0)) == ["c"]
    penstock.advance(6 * HOUR)
    assert [record for n in range(len(streamed.shards())) for record in streamed.read(n)] == []


def test_what_is_refused(streamed, error):
    for garbage in ("sdfsdfsgagaddafg", f"{streamed.arn}|1|AAAA", f"{streamed.arn}|1|e30="):
        assert error(streamed.streams.get_records, ShardIterator=garbage)[0] == "ValidationException"
    assert error(streamed.streams.get_records, ShardIterator=streamed.iterator(), Limit=1001) == (
        "ValidationException",
        "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000",
    )
