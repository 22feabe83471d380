"""A Kinesis stream as a source.

A consumer's ARN is its stream, as long as there is the consumer: its records are read by GetRecords too, since a
subscription would bring them no earlier here than the stream's signal does. Sources:
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.delivery.sources.bodies import parsed
from penstock.delivery.streams.model import Page, Position, Record, Shard
from penstock.wire.model import Json

_OVERHEAD = 700  # bytes of a record in a payload beside its data, near enough
_NEEDS = {"AT_TIMESTAMP": "Timestamp", "AFTER_SEQUENCE_NUMBER": "StartingSequenceNumber"}

Shape = Callable[[Json, Json], Json]  # (what is the record's own, what it has from its stream) -> what a target sees


def in_lambda(own: Json, common: Json) -> Json:
    return {"kinesis": own, **common}


def in_pipe(own: Json, common: Json) -> Json:
    return {**own, **common}


class KinesisSource:
    """`ctx` carries who reads, the role with ARN `role`; a consumer's ARN stands for its stream."""

    most = 10_000

    def __init__(self, ctx: Context, source_arn: str, role: str, shape: Shape) -> None:
        parsed_arn = Arn.parse(source_arn)
        self.stream_arn, is_consumer, _ = source_arn.partition("/consumer/")
        self._consumer = {"ConsumerARN": source_arn} if is_consumer else None
        self._ctx = ctx.at(account=parsed_arn.account, region=parsed_arn.region)
        self._shape = shape
        self._common = {
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": "",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": role,
            "awsRegion": parsed_arn.region,
            "eventSourceARN": source_arn,
        }

    def shards(self) -> list[Shard]:
        if self._consumer is not None:
            self._ctx.call_now("kinesis", "DescribeStreamConsumer", self._consumer)
        shards: list[Json] = []
        request: Json = {"StreamARN": self.stream_arn}
        while True:
            answer = self._ctx.call_now("kinesis", "ListShards", request)
            shards += answer["Shards"]
            if "NextToken" not in answer:
                return [_shard(shard) for shard in shards]
            request = {"NextToken": answer["NextToken"]}

    def iterator(self, shard_id: str, position: Position) -> str:
        kind = "AT_TIMESTAMP" if position.kind == "LATEST" and position.value else position.kind
        request: Json = {"StreamARN": self.stream_arn, "ShardId": shard_id, "ShardIteratorType": kind}
        if kind in _NEEDS:
            value = position.value
            request[_NEEDS[kind]] = float(value) if kind == "AT_TIMESTAMP" else value
        answer = self._ctx.call_now("kinesis", "GetShardIterator", request)
        return str(answer["ShardIterator"])

    def read(self, shard_id: str, iterator: str, limit: int) -> Page:
        request = {"StreamARN": self.stream_arn, "ShardIterator": iterator, "Limit": limit}
        answer = self._ctx.call_now("kinesis", "GetRecords", request)
        return Page(
            [self._record(shard_id, record) for record in answer["Records"]], answer.get("NextShardIterator", "")
        )

    def _record(self, shard_id: str, record: Json) -> Record:
        sequence, key, arrived = record["SequenceNumber"], record["PartitionKey"], record["ApproximateArrivalTimestamp"]
        own = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": key,
            "sequenceNumber": sequence,
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": round(arrived, 3),
        }
        shown = self._shape(own, {**self._common, "eventID": f"{shard_id}:{sequence}"})
        return Record(sequence, key, arrived, len(own["data"]) + _OVERHEAD, shown)

    def signal(self, shard_id: str) -> tuple[str, ...]:
        return ("stream", self.stream_arn, shard_id)

    def retention(self) -> float:
        answer = self._ctx.call_now("kinesis", "DescribeStreamSummary", {"StreamARN": self.stream_arn})
        return float(answer["StreamDescriptionSummary"]["RetentionPeriodHours"] * 3600)

    def filtered(self, record: Json) -> Json:
        """The record with its data decoded, and parsed where that is JSON: `data` and its metadata lie at the top."""
        own = record.get("kinesis", record)
        return {**record, **own, "data": parsed(base64.b64decode(own["data"]).decode(errors="replace"))}

    def identifier(self, record: Json) -> str:
        sequence: str = record.get("kinesis", record)["sequenceNumber"]
        return sequence

    def batch_info(self, shard_id: str, records: list[Record]) -> Json:
        return {"KinesisBatchInfo": batch_info(self.stream_arn, shard_id, records, "milliseconds")}


def _shard(shard: Json) -> Shard:
    parents = (shard[name] for name in ("ParentShardId", "AdjacentParentShardId") if name in shard)
    return Shard(shard["ShardId"], tuple(parents), "EndingSequenceNumber" in shard["SequenceNumberRange"])


def batch_info(stream_arn: str, shard_id: str, records: list[Record], precision: str) -> Json:
    first, last = records[0], records[-1]
    return {
        "shardId": shard_id,
        "startSequenceNumber": first.sequence,
        "endSequenceNumber": last.sequence,
        "approximateArrivalOfFirstRecord": moment(first.arrived, precision),
        "approximateArrivalOfLastRecord": moment(last.arrived, precision),
        "batchSize": len(records),
        "streamArn": stream_arn,
    }


def moment(when: float, precision: str = "milliseconds") -> str:
    return datetime.fromtimestamp(when, UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
