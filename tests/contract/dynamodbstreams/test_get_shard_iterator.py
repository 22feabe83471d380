from tests.contract.dynamodbstreams.conftest import ids


def read(table, kind, **more):
    return ids(table.streams.get_records(ShardIterator=table.iterator(kind, **more))["Records"])


def test_every_type(streamed):
    latest_of_nothing = streamed.iterator("LATEST")
    for pk in "abc":
        streamed.put(pk)
    second = streamed.read()[1]["dynamodb"]["SequenceNumber"]
    latest = streamed.iterator("LATEST")
    assert read(streamed, "TRIM_HORIZON") == ["a", "b", "c"]
    assert read(streamed, "AT_SEQUENCE_NUMBER", SequenceNumber=second) == ["b", "c"]
    assert read(streamed, "AFTER_SEQUENCE_NUMBER", SequenceNumber=second) == ["c"]
    streamed.put("d")
    assert ids(streamed.streams.get_records(ShardIterator=latest)["Records"]) == ["d"]
    assert ids(streamed.streams.get_records(ShardIterator=latest_of_nothing)["Records"]) == ["a", "b", "c", "d"]


def test_the_number_a_shard_starts_with(streamed):
    streamed.put("a")
    [shard] = streamed.shards()
    start = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    assert read(streamed, "AT_SEQUENCE_NUMBER", SequenceNumber=start) == ["a"]
    assert read(streamed, "AFTER_SEQUENCE_NUMBER", SequenceNumber=start) == ["a"]


def test_what_is_refused(streamed, error):
    [shard] = streamed.shards()
    start = shard["SequenceNumberRange"]["StartingSequenceNumber"]

    def code(**changes):
        request = {"StreamArn": streamed.arn, "ShardId": shard["ShardId"], "ShardIteratorType": "LATEST", **changes}
        return error(streamed.streams.get_shard_iterator, **request)[0]

    assert code(ShardIteratorType="AT_SEQUENCE_NUMBER") == "ValidationException"
    assert code(ShardIteratorType="AFTER_SEQUENCE_NUMBER", SequenceNumber="9" * 21) == "ValidationException"
    assert code(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber="x" * 21) == "ValidationException"
    assert code(SequenceNumber=start) == "ValidationException"
    assert code(ShardIteratorType="bulle") == "ValidationException"
    assert code(StreamArn="s" * 50) == "ValidationException"
    assert code(StreamArn=streamed.arn + "x") == "ResourceNotFoundException"
    assert code(ShardId="shardId-00000000000000000000-00000000") == "ResourceNotFoundException"
