"""Sources of pipes: how each is looked at, opened and read, and what it allows.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
"""

from collections.abc import Callable
from typing import NamedTuple

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.delivery.mappings import compiled
from penstock.delivery.patterns import Pattern
from penstock.delivery.sources.dynamodb import DynamoDbSource
from penstock.delivery.sources.kinesis import KinesisSource, in_pipe
from penstock.delivery.sources.sqs import SqsSource
from penstock.delivery.streams import StreamSource
from penstock.services.pipes.names import PRINCIPAL, invalid
from penstock.wire.model import Json

_POLL = 10  # messages that a batch without a window holds at most
_LEAST_AGE = 60
_DEAD_LETTERS = ("sqs", "sns")


class SourceKind(NamedTuple):
    """`parameters` is the member of SourceParameters that is its own. `check` gets the pipe and that member and raises
    ValidationException, `look` raises AwsError where the source cannot be read."""

    name: str
    parameters: str
    default_batch: int
    check: Callable[[Json, Json], None]
    look: Callable[[Context, Json], object]
    open: Callable[[Context, Json], SqsSource | StreamSource]


def service_of(arn: str) -> str:
    """Self-managed Kafka has no ARN."""
    return arn.split(":")[2] if arn.startswith("arn:") else arn.partition(":")[0]


def source_parameters(pipe: Json) -> Json:
    """What is said of its kind of source."""
    own: Json = (pipe.get("SourceParameters") or {}).get(SOURCES[service_of(pipe["Source"])].parameters) or {}
    return own


def patterns_of(pipe: Json) -> tuple[Pattern, ...]:
    """Raises PatternError."""
    return compiled((pipe.get("SourceParameters") or {}).get("FilterCriteria"))


# -- queues --------------------------------------------------------------------------------------------


def _check_queue(pipe: Json, own: Json) -> None:
    size, window = own.get("BatchSize", 1), own.get("MaximumBatchingWindowInSeconds", 0)
    if pipe["Source"].endswith(".fifo"):
        if size > _POLL:
            raise invalid("Maximum batch size for FIFO queues is 10.")
        if window:
            raise invalid("Batching window is not supported for FIFO queues.")
    elif size > _POLL and not window:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")


def _look_at_queue(ctx: Context, pipe: Json) -> Json:
    queue = Arn.parse(pipe["Source"])
    url = f"{ctx.config.endpoint}/{queue.account}/{queue.resource}"
    request = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    there = ctx.as_service(PRINCIPAL).at(account=queue.account, region=queue.region)
    return there.call_now("sqs", "GetQueueAttributes", request)


# -- streams -------------------------------------------------------------------------------------------


def _check_stream(pipe: Json, own: Json) -> None:
    if "StartingPosition" not in own:
        raise invalid(f"StartingPosition is required for the source {pipe['Source']}.")
    if (own["StartingPosition"] == "AT_TIMESTAMP") != ("StartingPositionTimestamp" in own):
        raise invalid("StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP, and not otherwise.")
    if 0 <= own.get("MaximumRecordAgeInSeconds", -1) < _LEAST_AGE:
        raise invalid(f"MaximumRecordAgeInSeconds must be -1 or at least {_LEAST_AGE}.")
    dead_letter = (own.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letter and service_of(dead_letter) not in _DEAD_LETTERS:
        raise invalid(f"The dead-letter target of a pipe is an SQS queue or an SNS topic, not {dead_letter}.")


def _look_at_stream(ctx: Context, pipe: Json) -> Json:
    stream = Arn.parse(pipe["Source"])
    there = ctx.as_service(PRINCIPAL).at(account=stream.account, region=stream.region)
    return there.call_now("kinesis", "DescribeStreamSummary", {"StreamARN": pipe["Source"]})


def _look_at_table(ctx: Context, pipe: Json) -> Json:
    stream = Arn.parse(pipe["Source"])
    there = ctx.as_service(PRINCIPAL).at(account=stream.account, region=stream.region)
    return there.call_now("dynamodbstreams", "DescribeStream", {"StreamArn": pipe["Source"], "Limit": 1})


SOURCES: dict[str, SourceKind] = {
    "dynamodb": SourceKind(
        "DynamoDB stream",
        "DynamoDBStreamParameters",
        100,
        _check_stream,
        _look_at_table,
        lambda ctx, pipe: DynamoDbSource(ctx, pipe["Source"]),
    ),
    "kinesis": SourceKind(
        "Kinesis stream",
        "KinesisStreamParameters",
        100,
        _check_stream,
        _look_at_stream,
        lambda ctx, pipe: KinesisSource(ctx, pipe["Source"], pipe["RoleArn"], in_pipe),
    ),
    "sqs": SourceKind(
        "SQS",
        "SqsQueueParameters",
        10,
        _check_queue,
        _look_at_queue,
        lambda ctx, pipe: SqsSource(ctx, pipe["Source"]),
    ),
}
