def test_the_streams_of_a_table(make, client):
    table = make()
    other = make(suffix="-2")
    streams = client("dynamodbstreams")
    label = table.arn.rpartition("/")[2]
    assert streams.list_streams(TableName=table.name)["Streams"] == [
        {"StreamArn": table.arn, "TableName": table.name, "StreamLabel": label}
    ]
    everything = [stream["StreamArn"] for stream in streams.list_streams()["Streams"]]
    assert {table.arn, other.arn} <= set(everything)
    assert streams.list_streams(TableName="none-such")["Streams"] == []


def test_pages(make, client):
    arns = sorted(make(suffix=f"-{n}").arn for n in range(3))
    streams = client("dynamodbstreams", region="eu-west-1")
    assert streams.list_streams()["Streams"] == []
    streams = client("dynamodbstreams")
    page = streams.list_streams(Limit=2, ExclusiveStartStreamArn=arns[0])
    assert next(stream["StreamArn"] for stream in page["Streams"]) == arns[1]
    assert page.get("LastEvaluatedStreamArn", arns[2]) == arns[2]


def test_a_limit_of_a_hundred(client, error):
    code, message = error(client("dynamodbstreams").list_streams, Limit=101)
    assert code == "ValidationException"
    assert message.endswith("Member must have value less than or equal to 100")


def test_what_is_no_arn_starts_no_page(client, error):
    start = "not-an-arn-of-any-stream-but-long-enough"
    given = error(client("dynamodbstreams").list_streams, ExclusiveStartStreamArn=start)
    assert given == ("ValidationException", f"Invalid StreamArn: {start}")
