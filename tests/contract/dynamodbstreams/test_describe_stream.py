from tests.contract.dynamodbstreams.conftest import HOUR, KEYS


def describe(table, **more):
    return table.streams.describe_stream(StreamArn=table.arn, **more)["StreamDescription"]


def test_a_stream(streamed, penstock):
    found = describe(streamed)
    [shard] = found.pop("Shards")
    assert abs(found.pop("CreationRequestDateTime").timestamp() - penstock.now()) < 10
    assert found == {
        "StreamArn": streamed.arn,
        "StreamLabel": streamed.arn.rpartition("/")[2],
        "StreamStatus": "ENABLED",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
        "TableName": streamed.name,
        "KeySchema": KEYS,
    }
    assert shard["ShardId"].startswith("shardId-0000000")
    assert shard.keys() == {"ShardId", "SequenceNumberRange"}
    assert shard["SequenceNumberRange"].keys() == {"StartingSequenceNumber"}


def test_shards_roll_every_four_hours_and_go_after_a_day(streamed, penstock):
    penstock.advance(9 * HOUR)
    first, second, third = streamed.shards()
    assert "ParentShardId" not in first
    assert (second["ParentShardId"], third["ParentShardId"]) == (first["ShardId"], second["ShardId"])
    ends = ["EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in (first, second, third)]
    assert ends == [True, True, False]
    for older, younger in ((first, second), (second, third)):
        end = int(older["SequenceNumberRange"]["EndingSequenceNumber"])
        assert end < int(younger["SequenceNumberRange"]["StartingSequenceNumber"])
    penstock.advance(20 * HOUR)
    oldest, *_ = found = streamed.shards()
    assert oldest["ShardId"] == second["ShardId"]
    assert oldest["ParentShardId"] == first["ShardId"]
    assert len(found) == 7


def test_pages_and_children(streamed, penstock):
    penstock.advance(9 * HOUR)
    first, second, third = (shard["ShardId"] for shard in streamed.shards())
    page = describe(streamed, Limit=2)
    assert [shard["ShardId"] for shard in page["Shards"]] == [first, second]
    assert page["LastEvaluatedShardId"] == second
    page = describe(streamed, ExclusiveStartShardId=second)
    assert [shard["ShardId"] for shard in page["Shards"]] == [third]
    assert "LastEvaluatedShardId" not in page
    assert describe(streamed, ExclusiveStartShardId="z" * 40)["Shards"] == []
    [child] = describe(streamed, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": first})["Shards"]
    assert child["ShardId"] == second


def test_a_disabled_stream_is_readable_for_a_day(streamed, penstock, error):
    streamed.put("a")
    disabled = {"StreamEnabled": False}
    table = streamed.dynamodb.update_table(TableName=streamed.name, StreamSpecification=disabled)["TableDescription"]
    assert "StreamSpecification" not in table
    assert table["LatestStreamArn"] == streamed.arn
    streamed.put("unseen")
    found = describe(streamed)
    assert found["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in found["Shards"][0]["SequenceNumberRange"]
    page = streamed.streams.get_records(ShardIterator=streamed.iterator())
    assert len(page["Records"]) == 1
    assert "NextShardIterator" not in page
    penstock.advance(25 * HOUR)
    assert error(describe, table=streamed) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Stream: {streamed.arn} not found",
    )


def test_a_stream_that_is_enabled_again_is_another(streamed):
    streamed.put("a")
    streamed.dynamodb.update_table(TableName=streamed.name, StreamSpecification={"StreamEnabled": False})
    wanted = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = streamed.dynamodb.update_table(TableName=streamed.name, StreamSpecification=wanted)["TableDescription"]
    assert table["StreamSpecification"] == wanted
    assert table["LatestStreamArn"] != streamed.arn
    streamed.put("b")
    assert len(streamed.read()) == 1
    streamed.arn = table["LatestStreamArn"]
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in streamed.read()] == ["b"]


def test_the_stream_of_a_deleted_table_stays_for_a_day(streamed, penstock):
    streamed.put("a")
    streamed.dynamodb.delete_table(TableName=streamed.name)
    assert describe(streamed)["StreamStatus"] == "DISABLED"
    assert len(streamed.read()) == 1
    penstock.advance(25 * HOUR)
    assert streamed.streams.list_streams(TableName=streamed.name)["Streams"] == []


def test_what_is_refused(streamed, error):
    assert error(streamed.streams.describe_stream, StreamArn="s" * 50)[0] == "ValidationException"
    code, message = error(streamed.streams.describe_stream, StreamArn=streamed.arn, Limit=101)
    assert (code, message.rpartition(": ")[2]) == (
        "ValidationException",
        "Member must have value less than or equal to 100",
    )
    disabled = {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}
    code, message = error(streamed.dynamodb.update_table, TableName=streamed.name, StreamSpecification=disabled)
    assert code == "ValidationException"
    again = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert error(streamed.dynamodb.update_table, TableName=streamed.name, StreamSpecification=again) == (
        "ValidationException",
        f"Table already has an enabled stream: TableName: {streamed.name}",
    )
