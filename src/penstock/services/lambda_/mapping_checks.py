"""What an event source mapping has to be like: which sources there are, and what each of them allows.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

from collections.abc import Callable
from typing import NamedTuple

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery import patterns
from penstock.delivery.mappings import compiled
from penstock.services.lambda_.names import invalid
from penstock.services.lambda_.state import Function, state
from penstock.wire.model import Json

_MAX_FILTERS = 5
_FIFO_BATCH = 10
_LEAST_AGE = 60
_STREAM_ONLY = ("StartingPosition", "StartingPositionTimestamp", "ParallelizationFactor", "MaximumRecordAgeInSeconds",
                "BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds")  # fmt: skip
_DESTINATIONS = ("sqs", "sns", "s3")
_UNREADABLE = "Received Exception while reading from provided stream."
_UNSUPPORTED_DESTINATION = "Unsupported DestinationConfig parameter for given event source mapping type."

Check = Callable[[Context, Json, Json, Function], None]  # (ctx, request, the mapping it makes, its function)

_QUEUE_DEFAULTS: Json = {
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
    "StateTransitionReason": "USER_INITIATED",
}
_STREAM_DEFAULTS: Json = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
    "StateTransitionReason": "User action",
}


class SourceKind(NamedTuple):
    """`check` raises InvalidParameterValueException; `taken` is said of a second mapping of source and function."""

    defaults: Json
    check: Check
    taken: str


def source_of(request: Json) -> Arn:
    """Raises InvalidParameterValueException for a source that is not read here."""
    if "SelfManagedEventSource" in request:
        raise invalid("Penstock does not read from self-managed Apache Kafka event sources.")
    if "EventSourceArn" not in request:
        raise invalid("Unrecognized event source.")
    source = Arn.parse(request["EventSourceArn"])
    if source.service not in KINDS:
        raise invalid(f"Penstock does not read from {source.service} event sources ({request['EventSourceArn']}).")
    return source


# -- queues ------------------------------------------------------------------------------------------


def _check_queue(ctx: Context, request: Json, mapping: Json, function: Function) -> None:
    for name in _STREAM_ONLY:
        if request.get(name) is not None:
            raise invalid(f"{name} is not valid for SQS event sources.")
    if request.get("DestinationConfig"):
        raise invalid(_UNSUPPORTED_DESTINATION)
    _check_filters(mapping)
    queue = Arn.parse(mapping["EventSourceArn"])
    if queue.resource.endswith(".fifo"):
        if mapping["BatchSize"] > _FIFO_BATCH:
            raise invalid("Maximum batch size for FIFO queues is 10.")
        if mapping["MaximumBatchingWindowInSeconds"]:
            raise invalid("Batching window is not supported for FIFO queues.")
    elif mapping["BatchSize"] > _FIFO_BATCH and not mapping["MaximumBatchingWindowInSeconds"]:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
    _check_role(ctx, function, mapping["EventSourceArn"])
    visibility = _visibility(ctx, queue)
    timeout = function.latest["Configuration"]["Timeout"]
    if visibility < timeout:
        raise invalid(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )


# What the function's role has to be allowed, of which AWS names the first that it is not.
_NEEDED = {
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards"),
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
}


def _check_role(ctx: Context, function: Function, source: str) -> None:
    role = state(ctx).host.session(function.latest["Configuration"]["Role"], function.name)
    service = Arn.parse(source).service
    for action in _NEEDED[service] if "/consumer/" not in source else ():
        try:
            ctx.at(principal=role).ask(f"{service}:{action}", source)
        except AwsError as error:
            shown = {"sqs": "SQS", "kinesis": "Kinesis", "dynamodb": "DynamoDB"}[service]
            raise invalid(
                f"The provided execution role does not have permissions to call {action} on {shown}"
            ) from error


def _visibility(ctx: Context, queue: Arn) -> int:
    request = {
        "QueueUrl": f"{ctx.config.endpoint}/{queue.account}/{queue.resource}",
        "AttributeNames": ["VisibilityTimeout"],
    }
    try:
        answer = _inside(ctx, queue).call_now("sqs", "GetQueueAttributes", request)
    except AwsError as error:
        raise invalid(
            f"Error occurred while ReceiveMessage. SQS Error Code: {error.code}. SQS Error Message: {error.message}"
        ) from error
    return int(answer["Attributes"]["VisibilityTimeout"])


def _check_filters(mapping: Json) -> None:
    filters = mapping.get("FilterCriteria", {}).get("Filters", [])
    if len(filters) > _MAX_FILTERS:
        raise invalid(f"FilterCriteria has more than {_MAX_FILTERS} filters.")
    try:
        compiled(mapping.get("FilterCriteria"))
    except patterns.PatternError:
        raise invalid("Invalid filter pattern definition.") from None


# -- streams -----------------------------------------------------------------------------------------


def _check_kinesis(ctx: Context, request: Json, mapping: Json, function: Function) -> None:
    arn = mapping["EventSourceArn"]
    _check_stream(mapping)
    _check_role(ctx, function, arn)
    if mapping["StartingPosition"] == "AT_TIMESTAMP":
        if "StartingPositionTimestamp" not in mapping:
            raise invalid("StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.")
        if mapping["StartingPositionTimestamp"] < 0:
            raise invalid(f"{_UNREADABLE} class java.lang.Long can not be converted to a Timestamp")
    if "/consumer/" in arn:
        _check_there(ctx, arn, "kinesis", "DescribeStreamConsumer", {"ConsumerARN": arn})
    else:
        _check_there(ctx, arn, "kinesis", "DescribeStreamSummary", {"StreamARN": arn})


def _check_table(ctx: Context, request: Json, mapping: Json, function: Function) -> None:
    arn = mapping["EventSourceArn"]
    _check_stream(mapping)
    if mapping["StartingPosition"] == "AT_TIMESTAMP":
        raise invalid(f"Unsupported starting position for arn type: {arn}")
    if "/stream/" not in arn:
        raise invalid(
            f"Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn {arn}"
        )
    _check_role(ctx, function, arn)
    _check_there(ctx, arn, "dynamodbstreams", "DescribeStream", {"StreamArn": arn, "Limit": 1})


def _check_stream(mapping: Json) -> None:
    if "StartingPosition" not in mapping:
        what = "Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
        raise invalid(f"1 validation error detected: {what}")
    if mapping["StartingPosition"] != "AT_TIMESTAMP" and "StartingPositionTimestamp" in mapping:
        raise invalid("Timestamp only valid with StartingPosition AT_TIMESTAMP")
    if mapping.get("ScalingConfig"):
        raise invalid("ScalingConfig is only valid for SQS event sources.")
    if 0 <= mapping["MaximumRecordAgeInSeconds"] < _LEAST_AGE:
        raise invalid(f"MaximumRecordAgeInSeconds must be -1 or at least {_LEAST_AGE}.")
    if mapping["TumblingWindowInSeconds"] and mapping["ParallelizationFactor"] > 1:
        raise invalid("Penstock does not support tumbling windows with a ParallelizationFactor greater than 1.")
    _check_filters(mapping)
    _check_destination(mapping["DestinationConfig"])


def _check_destination(config: Json) -> None:
    if "OnSuccess" in config:
        raise invalid(_UNSUPPORTED_DESTINATION)
    destination = config.get("OnFailure", {}).get("Destination")
    if not destination:
        return
    service = destination.split(":")[2] if destination.startswith("arn:") else destination.partition(":")[0]
    if service not in _DESTINATIONS:
        raise invalid(f"Penstock does not send failed batches to {service} ({destination}).")
    if destination.endswith(".fifo"):
        raise invalid(f"FIFO queues and topics cannot be the destination of failed batches ({destination}).")


def _inside(ctx: Context, source: Arn) -> Context:
    """Lambda looks at the source itself, where that is."""
    return ctx.as_service("lambda.amazonaws.com").at(account=source.account, region=source.region)


def _check_there(ctx: Context, arn: str, service: str, operation: str, request: Json) -> None:
    parsed = Arn.parse(arn)
    try:
        _inside(ctx, parsed).call_now(service, operation, request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise invalid(f"Cannot access stream {arn}. {error.message}") from error
        raise invalid(f"Stream not found: {arn}") from error


_QUEUE_TAKEN = (
    'An event source mapping with {kind} arn (" {source} ") and function (" {function} ") already exists. '
    "Please update or delete the existing mapping with UUID {uuid}"
)
_STREAM_TAKEN = (
    'The event source arn (" {source} ") and function (" {function} ") provided mapping already exists. '
    "Please update or delete the existing mapping with UUID {uuid}"
)
KINDS: dict[str, SourceKind] = {
    "dynamodb": SourceKind(_STREAM_DEFAULTS, _check_table, _STREAM_TAKEN),
    "kinesis": SourceKind(_STREAM_DEFAULTS, _check_kinesis, _STREAM_TAKEN),
    "sqs": SourceKind(_QUEUE_DEFAULTS, _check_queue, _QUEUE_TAKEN),
}
