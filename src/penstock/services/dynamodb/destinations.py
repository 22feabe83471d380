"""The Kinesis stream that a table writes its changes to. (`streams/kinesis.py` writes them.)

A table has one destination that is ACTIVE, and those that were or could not be. Transitions that take AWS seconds are
over as soon as they have been answered.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html
"""

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.schema import DESTINATIONS, PRECISION, Table
from penstock.services.dynamodb.state import described, redefine
from penstock.wire.model import Json

_STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: "
_NO_CONFIGURATION = (
    "Streaming destination cannot be updated with given parameters: "
    "UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
)
_UNUSABLE = "User does not have a permission to use kinesis stream"


def enable_kinesis_streaming_destination(ctx: Context, request: Json) -> Json:
    table, stream_arn = described(ctx, request["TableName"]), _stream(request)
    if table.destination is not None:
        raise invalid(
            f"{_STATE}EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation."
        )
    made: Json = {"StreamArn": stream_arn, "DestinationStatus": "ACTIVE"}
    configuration = request.get("EnableKinesisStreamingConfiguration", {})
    if not _usable(ctx, stream_arn):
        made |= {"DestinationStatus": "ENABLE_FAILED", "DestinationStatusDescription": _UNUSABLE}
    elif PRECISION in configuration:
        made[PRECISION] = configuration[PRECISION]
    _keep(ctx, table, [made, *(given for given in _listed(table) if given["StreamArn"] != stream_arn)])
    return {
        "TableName": table.name,
        "StreamArn": stream_arn,
        "DestinationStatus": "ENABLING",
        "EnableKinesisStreamingConfiguration": configuration,
    }


def disable_kinesis_streaming_destination(ctx: Context, request: Json) -> Json:
    if "EnableKinesisStreamingConfiguration" in request:
        raise invalid("Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters")
    table, stream_arn = described(ctx, request["TableName"]), _stream(request)
    if not _is_active(table, stream_arn):
        raise invalid(f"{_STATE}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.")
    _change(ctx, table, {"StreamArn": stream_arn, "DestinationStatus": "DISABLED"})
    return {"TableName": table.name, "StreamArn": stream_arn, "DestinationStatus": "DISABLING"}


def update_kinesis_streaming_destination(ctx: Context, request: Json) -> Json:
    configuration = request.get("UpdateKinesisStreamingConfiguration", {})
    if PRECISION not in configuration:
        raise invalid(_NO_CONFIGURATION)
    table, stream_arn = described(ctx, request["TableName"]), _stream(request)
    if not _is_active(table, stream_arn):
        message = "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. "
        raise invalid(f"{_STATE}{message}TableName: {table.name}, kdsArn: {stream_arn}")
    precision = configuration[PRECISION]
    if table.destination is not None and table.destination.precision == precision:
        raise invalid(
            f"Invalid Request: Precision is already set to the desired value of {precision} "
            f"for tableId: {table.definition['TableId']}, kdsArn: {stream_arn}"
        )
    _change(ctx, table, {"StreamArn": stream_arn, "DestinationStatus": "ACTIVE", PRECISION: precision})
    return {
        "TableName": table.name,
        "StreamArn": stream_arn,
        "DestinationStatus": "UPDATING",
        "UpdateKinesisStreamingConfiguration": configuration,
    }


def describe_kinesis_streaming_destination(ctx: Context, request: Json) -> Json:
    table = described(ctx, request["TableName"])
    return {"TableName": table.name, "KinesisDataStreamDestinations": _listed(table)}


# -- the table's list --------------------------------------------------------------------------------


def _stream(request: Json) -> str:
    stream_arn: str = request["StreamArn"]
    try:
        known = (found := Arn.parse(stream_arn)).service == "kinesis" and found.resource.startswith("stream/")
    except ValueError:
        known = False
    if not known:
        raise invalid(f"Invalid Kinesis stream ARN: {stream_arn}")
    return stream_arn


def _usable(ctx: Context, stream_arn: str) -> bool:
    try:
        ctx.as_service("dynamodb.amazonaws.com").call_now("kinesis", "DescribeStreamSummary", {"StreamARN": stream_arn})
    except AwsError:
        return False
    return True


def _listed(table: Table) -> list[Json]:
    found: list[Json] = table.definition.get(DESTINATIONS, [])
    return found


def _is_active(table: Table, stream_arn: str) -> bool:
    return table.destination is not None and table.destination.stream_arn == stream_arn


def _change(ctx: Context, table: Table, changed: Json) -> None:
    same = changed["StreamArn"]
    _keep(ctx, table, [changed if given["StreamArn"] == same else given for given in _listed(table)])


def _keep(ctx: Context, table: Table, destinations: list[Json]) -> None:
    redefine(ctx, table, {**table.definition, DESTINATIONS: destinations})
