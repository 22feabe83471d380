"""A DynamoDB stream as a source. Its records are the same for functions and pipes.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html
"""

import base64
from typing import Any

import orjson

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.delivery.sources.kinesis import batch_info
from penstock.delivery.streams.model import TRIM_HORIZON, Page, Position, Record, Shard
from penstock.wire.model import Json

_OVERHEAD = 700  # bytes of a record in a payload beside its images, near enough
_RETENTION = 86_400.0


class DynamoDbSource:
    """`ctx` carries who reads."""

    most = 1000

    def __init__(self, ctx: Context, stream_arn: str) -> None:
        arn = Arn.parse(stream_arn)
        self.stream_arn = stream_arn
        self._ctx = ctx.at(account=arn.account, region=arn.region)
        self._since: dict[str, float] = {}  # by shard, what arrived before is not of interest

    def shards(self) -> list[Shard]:
        shards: list[Json] = []
        request: Json = {"StreamArn": self.stream_arn}
        while True:
            answer = (self._ctx.call_now("dynamodbstreams", "DescribeStream", request))["StreamDescription"]
            shards += answer["Shards"]
            if "LastEvaluatedShardId" not in answer:
                return [_shard(shard) for shard in shards]
            request["ExclusiveStartShardId"] = answer["LastEvaluatedShardId"]

    def iterator(self, shard_id: str, position: Position) -> str:
        """There is no AT_TIMESTAMP: what is older is left out of what is read, to the second that records tell."""
        if position.kind == "LATEST" and position.value:
            self._since[shard_id] = float(int(float(position.value)))
            position = TRIM_HORIZON
        request: Json = {"StreamArn": self.stream_arn, "ShardId": shard_id, "ShardIteratorType": position.kind}
        if position.value:
            request["SequenceNumber"] = position.value
        return str((self._ctx.call_now("dynamodbstreams", "GetShardIterator", request))["ShardIterator"])

    def read(self, shard_id: str, iterator: str, limit: int) -> Page:
        """Reads on past what is not of interest: a page without records means that there are none."""
        since = self._since.get(shard_id, 0.0)
        while True:
            request = {"ShardIterator": iterator, "Limit": limit}
            answer = self._ctx.call_now("dynamodbstreams", "GetRecords", request)
            records = [found for record in answer["Records"] if (found := self._record(record)).arrived >= since]
            iterator = answer.get("NextShardIterator", "")
            if records or not iterator or not answer["Records"]:
                return Page(records, iterator)

    def _record(self, record: Json) -> Record:
        change = record["dynamodb"]
        shown = {**record, "dynamodb": _shown(change), "eventSourceARN": self.stream_arn}
        if "userIdentity" in record:
            identity = record["userIdentity"]
            shown["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
        key = orjson.dumps(shown["dynamodb"]["Keys"]).decode()
        size = change.get("SizeBytes", 0) * 2 + _OVERHEAD
        return Record(change["SequenceNumber"], key, float(change["ApproximateCreationDateTime"]), size, shown)

    def signal(self, shard_id: str) -> tuple[str, ...]:
        """All that is written goes into one shard."""
        return ("stream", self.stream_arn)

    def retention(self) -> float:
        return _RETENTION

    def filtered(self, record: Json) -> Json:
        return record

    def identifier(self, record: Json) -> str:
        sequence: str = record["dynamodb"]["SequenceNumber"]
        return sequence

    def batch_info(self, shard_id: str, records: list[Record]) -> Json:
        return {"DDBStreamBatchInfo": batch_info(self.stream_arn, shard_id, records, "seconds")}


def _shard(shard: Json) -> Shard:
    parents = (shard["ParentShardId"],) if "ParentShardId" in shard else ()
    return Shard(shard["ShardId"], parents, "EndingSequenceNumber" in shard["SequenceNumberRange"])


def _shown(value: Any) -> Any:
    """Binary values as base64."""
    if isinstance(value, dict):
        return {name: _shown(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shown(inner) for inner in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
