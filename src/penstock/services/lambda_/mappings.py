"""Event source mappings: what is read, in which batches, for which function.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from collections.abc import Callable

from penstock.base import ids
from penstock.base.arn import Arn, arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery import patterns
from penstock.delivery.mappings import compiled
from penstock.services.lambda_ import mapping_runner, pages
from penstock.services.lambda_.names import FunctionRef, conflict, function_ref, invalid, missing
from penstock.services.lambda_.state import Function, find, version_of
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json

_MAX_FILTERS = 5
_FIFO_BATCH = 10
_STREAM_ONLY = ("StartingPosition", "StartingPositionTimestamp", "ParallelizationFactor", "MaximumRecordAgeInSeconds",
                "BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds")  # fmt: skip
_SETTINGS = ("BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "FunctionResponseTypes", "ScalingConfig")


def create_event_source_mapping(ctx: Context, request: Json) -> Json:
    source = _source(request)
    function, ref = _function(ctx, request["FunctionName"])
    _check_unique(ctx, source, function, ref)
    uuid, now = ids.uuid(), ctx.clock.now()
    mapping = {
        "UUID": uuid,
        "EventSourceMappingArn": arn("lambda", ctx.region, ctx.account, f"event-source-mapping:{uuid}"),
        "EventSourceArn": request["EventSourceArn"],
        "FunctionArn": ref.qualified_arn,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        **_changes(request),
        "State": "Enabled" if request.get("Enabled", True) else "Disabled",
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": now,
    }
    _CHECKS[source.service](ctx, request, mapping, function)
    if request.get("Tags"):
        mapping["Tags"] = request["Tags"]
    _save(ctx, mapping)
    return _shown({**mapping, "State": "Creating"})


def get_event_source_mapping(ctx: Context, request: Json) -> Json:
    mapping = _mapping(ctx, request["UUID"])
    trouble = mapping_runner.trouble(ctx, request["UUID"])
    return _shown({**mapping, **({"LastProcessingResult": trouble} if trouble else {})})


def list_event_source_mappings(ctx: Context, request: Json) -> Json:
    found = DOCUMENTS.all(ctx.store, _owner(ctx), "mapping")
    if "EventSourceArn" in request:
        found = [mapping for mapping in found if mapping["EventSourceArn"] == request["EventSourceArn"]]
    if "FunctionName" in request:
        ref = function_ref(ctx, request["FunctionName"])
        found = [mapping for mapping in found if _belongs(mapping, ref)]
    return pages.page(request, "EventSourceMappings", [_shown(mapping) for mapping in found], 100)


def update_event_source_mapping(ctx: Context, request: Json) -> Json:
    before = _mapping(ctx, request["UUID"])
    function, ref = _function(ctx, request.get("FunctionName") or before["FunctionArn"])
    mapping = {**before, **_changes(request), "FunctionArn": ref.qualified_arn, "LastModified": ctx.clock.now()}
    transition = "Updating"
    if "Enabled" in request:
        mapping["State"] = "Enabled" if request["Enabled"] else "Disabled"
        transition = "Enabling" if request["Enabled"] else "Disabling"
    _CHECKS[Arn.parse(mapping["EventSourceArn"]).service](ctx, request, mapping, function)
    for empty in ("FilterCriteria", "ScalingConfig"):
        if not mapping.get(empty):
            mapping.pop(empty, None)
    _save(ctx, mapping)
    return _shown({**mapping, "State": transition})


def delete_event_source_mapping(ctx: Context, request: Json) -> Json:
    mapping = _mapping(ctx, request["UUID"])
    DOCUMENTS.delete(ctx.store, _owner(ctx), "mapping", mapping["UUID"])
    ctx.store.after_commit(lambda: mapping_runner.stop(ctx, mapping["UUID"]))
    return _shown({**mapping, "State": "Deleting"})


# -- helpers -----------------------------------------------------------------------------------------


def _owner(ctx: Context) -> str:
    return f"{ctx.account}:{ctx.region}"


def _mapping(ctx: Context, uuid: str) -> Json:
    mapping = DOCUMENTS.get(ctx.store, _owner(ctx), "mapping", uuid)
    if mapping is None:
        raise missing()
    return mapping


def _save(ctx: Context, mapping: Json) -> None:
    DOCUMENTS.put(ctx.store, _owner(ctx), "mapping", mapping["UUID"], mapping)
    ctx.store.after_commit(lambda: mapping_runner.restart(ctx, mapping))


def _shown(mapping: Json) -> Json:
    return {name: value for name, value in mapping.items() if name != "Tags"}


def _changes(request: Json) -> Json:
    return {name: request[name] for name in _SETTINGS if name in request}


def _belongs(mapping: Json, ref: FunctionRef) -> bool:
    function_arn: str = mapping["FunctionArn"]
    return function_arn == ref.qualified_arn or (not ref.qualifier and function_arn.startswith(f"{ref.arn}:"))


def _source(request: Json) -> Arn:
    if "EventSourceArn" not in request:
        raise invalid("Unrecognized event source.")
    source = Arn.parse(request["EventSourceArn"])
    if source.service not in _CHECKS:
        raise invalid(f"Penstock does not read from {source.service} event sources ({request['EventSourceArn']}).")
    return source


def _function(ctx: Context, name: str) -> tuple[Function, FunctionRef]:
    ref = function_ref(ctx, name)
    function = find(ctx, ref)
    if function is None:
        raise invalid("Function does not exist")
    version_of(function, ref.qualifier)
    return function, ref


def _check_unique(ctx: Context, source: Arn, function: Function, ref: FunctionRef) -> None:
    for mapping in DOCUMENTS.all(ctx.store, _owner(ctx), "mapping"):
        if mapping["EventSourceArn"] == str(source) and mapping["FunctionArn"] == ref.qualified_arn:
            raise conflict(
                f'An event source mapping with {source.service.upper()} arn (" {source} ") and function '
                f'(" {function.name} ") already exists. Please update or delete the existing mapping with UUID '
                f"{mapping['UUID']}"
            )


# -- what a source allows ----------------------------------------------------------------------------


def _check_queue(ctx: Context, request: Json, mapping: Json, function: Function) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""
    for name in _STREAM_ONLY:
        if request.get(name) is not None:
            raise invalid(f"{name} is not valid for SQS event sources.")
    _check_filters(mapping)
    queue = Arn.parse(mapping["EventSourceArn"])
    if queue.resource.endswith(".fifo"):
        if mapping["BatchSize"] > _FIFO_BATCH:
            raise invalid("Maximum batch size for FIFO queues is 10.")
        if mapping["MaximumBatchingWindowInSeconds"]:
            raise invalid("Batching window is not supported for FIFO queues.")
    elif mapping["BatchSize"] > _FIFO_BATCH and not mapping["MaximumBatchingWindowInSeconds"]:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
    visibility = _visibility(ctx, queue)
    timeout = function.latest["Configuration"]["Timeout"]
    if visibility < timeout:
        raise invalid(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )


def _visibility(ctx: Context, queue: Arn) -> int:
    request = {
        "QueueUrl": f"{ctx.config.endpoint}/{queue.account}/{queue.resource}",
        "AttributeNames": ["VisibilityTimeout"],
    }
    try:
        answer = ctx.at(account=queue.account, region=queue.region).call_now("sqs", "GetQueueAttributes", request)
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


_CHECKS: dict[str, Callable[[Context, Json, Json, Function], None]] = {"sqs": _check_queue}
