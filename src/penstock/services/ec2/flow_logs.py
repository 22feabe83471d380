"""Flow logs: recorded. No packets are seen here, so nothing is ever written to their destination.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html and its siblings.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.ec2 import items
from penstock.services.ec2.kinds import FLOW_LOG, NETWORK_INTERFACE, SUBNET, VPC, Kind
from penstock.wire.model import Json

_KINDS: dict[str, Kind] = {"NetworkInterface": NETWORK_INTERFACE, "Subnet": SUBNET, "VPC": VPC}
_FIELDS = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status",
)  # fmt: skip
_FORMAT = " ".join(f"${{{field}}}" for field in _FIELDS)
_TO_S3 = {"FileFormat": "plain-text", "HiveCompatiblePartitions": False, "PerHourPartition": False}
_DELIVERY = "delivery.logs.amazonaws.com"
_NO_BUCKET = ("NoSuchBucket", "NotFound", "404")
_EXISTS = "FlowLogAlreadyExists"
_GIVEN = ("DeliverLogsPermissionArn", "DestinationOptions", "LogDestination", "LogGroupName", "TrafficType")


def create_flow_logs(ctx: Context, request: Json) -> Json:
    _check(request)
    members = _members(ctx, request)
    made, unsuccessful = [], []
    for resource_id in request["ResourceIds"]:
        try:
            made.append(_make(ctx, request, members | {"ResourceId": resource_id})["FlowLogId"])
        except AwsError as error:
            if error.code == _EXISTS:  # fails the whole request
                raise
            told = {"Code": error.code, "Message": error.message}
            unsuccessful.append({"ResourceId": resource_id, "Error": told})
    return {"FlowLogIds": made, "Unsuccessful": unsuccessful, "ClientToken": request.get("ClientToken") or ids.uuid()}


def _check(request: Json) -> None:
    """Raises InvalidParameter."""
    kind, group = request.get("LogDestinationType", "cloud-watch-logs"), request.get("LogGroupName")
    if group is None and "LogDestination" not in request:
        raise AwsError("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
    if group is not None and "LogDestination" in request:
        raise AwsError("InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.")
    if kind == "s3" and group is not None:
        message = "LogDestination type must be cloud-watch-logs if LogGroupName is provided."
        raise AwsError("InvalidParameter", message)
    if kind == "cloud-watch-logs" and "DeliverLogsPermissionArn" not in request:
        message = "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."
        raise AwsError("InvalidParameter", message)
    if request.get("MaxAggregationInterval", 600) not in (60, 600):
        raise AwsError("InvalidParameter", "Invalid Flow Log Max Aggregation Interval")


def _members(ctx: Context, request: Json) -> Json:
    options = {"DestinationOptions": _TO_S3} if request.get("LogDestinationType") == "s3" else {}
    return {
        **options,
        "CreationTime": ctx.clock.now(),
        "DeliverLogsStatus": "SUCCESS",
        "FlowLogStatus": "ACTIVE",
        "LogDestinationType": request.get("LogDestinationType", "cloud-watch-logs"),
        "LogFormat": request.get("LogFormat", _FORMAT),
        "MaxAggregationInterval": request.get("MaxAggregationInterval", 600),
        **{name: request[name] for name in _GIVEN if name in request},
    }


def _make(ctx: Context, request: Json, members: Json) -> Json:
    """Raises FlowLogAlreadyExists, 400 for a bucket that is not there, the resource's own error."""
    items.get(ctx, _KINDS[request["ResourceType"]], members["ResourceId"])
    if members["LogDestinationType"] == "s3":
        _check_bucket(ctx, request["LogDestination"])
    for other in items.every(ctx, FLOW_LOG, ResourceId=members["ResourceId"]):
        if all(other.get(name) == members.get(name) for name in ("LogDestination", "LogGroupName", "TrafficType")):
            message = "Error. There is an existing Flow Log with the same configuration and log destination."
            raise AwsError(_EXISTS, message)
    return items.add(ctx, FLOW_LOG, request, members)


def _check_bucket(ctx: Context, arn: str) -> None:
    """`arn:aws:s3:::bucket`, perhaps with `/folder/`. The error's code is the HTTP status, as AWS has it."""
    bucket = arn.rpartition(":")[2].partition("/")[0]
    try:
        ctx.call_now("s3", "HeadBucket", {"Bucket": bucket}, principal=Principal.service(_DELIVERY, ctx.account))
    except AwsError as error:
        if error.code in _NO_BUCKET:
            raise AwsError("400", f"LogDestination: {bucket} does not exist") from None


def describe_flow_logs(ctx: Context, request: Json) -> Json:
    return items.describe_known(ctx, FLOW_LOG, request)


def delete_flow_logs(ctx: Context, request: Json) -> Json:
    """All or none. Raises InvalidFlowLogId.NotFound."""
    found = {log_id: items.find(ctx, FLOW_LOG, log_id) for log_id in request["FlowLogIds"]}
    if unknown := [log_id for log_id, flow_log in found.items() if flow_log is None]:
        told = f"[TotalCount: {len(unknown)}] {' '.join(unknown)}"
        raise AwsError(FLOW_LOG.not_found, f"These flow log ids in the input list are not found: {told}")
    for flow_log in filter(None, found.values()):
        items.remove(ctx, FLOW_LOG, flow_log)
    return {"Unsuccessful": []}
