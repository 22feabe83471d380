"""Event source mappings: what is read, in which batches, for which function.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from penstock.base import ids
from penstock.base.arn import Arn, arn
from penstock.call import Context
from penstock.services.lambda_ import mapping_runner, pages
from penstock.services.lambda_.mapping_checks import KINDS, source_of
from penstock.services.lambda_.names import FunctionRef, conflict, function_ref, invalid, missing
from penstock.services.lambda_.state import Function, find, version_of
from penstock.services.lambda_.store import CHECKPOINTS, DOCUMENTS
from penstock.wire.model import Json

_SETTINGS = ("BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "FunctionResponseTypes", "ScalingConfig",
             "ParallelizationFactor", "DestinationConfig", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError",
             "MaximumRetryAttempts", "TumblingWindowInSeconds")  # fmt: skip
_GIVEN_ONCE = ("StartingPosition", "StartingPositionTimestamp")


def create_event_source_mapping(ctx: Context, request: Json) -> Json:
    source = source_of(request)
    function, ref = _function(ctx, request["FunctionName"])
    uuid, now = ids.uuid(), ctx.clock.now()
    mapping = {
        "UUID": uuid,
        "EventSourceMappingArn": arn("lambda", ctx.region, ctx.account, f"event-source-mapping:{uuid}"),
        "EventSourceArn": request["EventSourceArn"],
        "FunctionArn": ref.qualified_arn,
        **KINDS[source.service].defaults,
        **_changes(request),
        **{name: request[name] for name in _GIVEN_ONCE if name in request},
        "State": "Enabled" if request.get("Enabled", True) else "Disabled",
        "LastModified": now,
    }
    _check(ctx, request, mapping, function)
    _check_unique(ctx, source, function, ref)
    if request.get("Tags"):
        mapping["Tags"] = request["Tags"]
    _save(ctx, mapping)
    return _shown(ctx, {**mapping, "State": "Creating"})


def get_event_source_mapping(ctx: Context, request: Json) -> Json:
    return _shown(ctx, _mapping(ctx, request["UUID"]))


def list_event_source_mappings(ctx: Context, request: Json) -> Json:
    found = DOCUMENTS.all(ctx.store, _owner(ctx), "mapping")
    if "EventSourceArn" in request:
        found = [mapping for mapping in found if mapping["EventSourceArn"] == request["EventSourceArn"]]
    if "FunctionName" in request:
        ref = function_ref(ctx, request["FunctionName"])
        found = [mapping for mapping in found if _belongs(mapping, ref)]
    return pages.page(request, "EventSourceMappings", [_shown(ctx, mapping) for mapping in found], 100)


def update_event_source_mapping(ctx: Context, request: Json) -> Json:
    before = _mapping(ctx, request["UUID"])
    function, ref = _function(ctx, request.get("FunctionName") or before["FunctionArn"])
    mapping = {**before, **_changes(request), "FunctionArn": ref.qualified_arn, "LastModified": ctx.clock.now()}
    transition = "Updating"
    if "Enabled" in request:
        mapping["State"] = "Enabled" if request["Enabled"] else "Disabled"
        transition = "Enabling" if request["Enabled"] else "Disabling"
    _check(ctx, request, mapping, function)
    for empty in ("FilterCriteria", "ScalingConfig"):
        if not mapping.get(empty):
            mapping.pop(empty, None)
    _save(ctx, mapping)
    return _shown(ctx, {**mapping, "State": transition})


def delete_event_source_mapping(ctx: Context, request: Json) -> Json:
    mapping = _mapping(ctx, request["UUID"])
    DOCUMENTS.delete(ctx.store, _owner(ctx), "mapping", mapping["UUID"])
    CHECKPOINTS.forget(ctx.store, mapping["UUID"])
    ctx.store.after_commit(lambda: mapping_runner.forget(ctx, mapping["UUID"]))
    return _shown(ctx, {**mapping, "State": "Deleting"})


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


def _shown(ctx: Context, mapping: Json) -> Json:
    shown = {name: value for name, value in mapping.items() if name != "Tags"}
    result = mapping_runner.result(ctx, mapping)
    return {**shown, "LastProcessingResult": result} if result else shown


def _changes(request: Json) -> Json:
    """What a request sets; an empty destination takes it away."""
    given = {name: request[name] for name in _SETTINGS if name in request}
    if "DestinationConfig" in given:
        config = given["DestinationConfig"]
        destination = config.get("OnFailure", {}).get("Destination")
        given["DestinationConfig"] = {**config, "OnFailure": {"Destination": destination} if destination else {}}
    return given


def _belongs(mapping: Json, ref: FunctionRef) -> bool:
    function_arn: str = mapping["FunctionArn"]
    return function_arn == ref.qualified_arn or (not ref.qualifier and function_arn.startswith(f"{ref.arn}:"))


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
            words = {"kind": source.service.upper(), "function": function.name, "uuid": mapping["UUID"]}
            raise conflict(KINDS[source.service].taken.format(source=source, **words))


def _check(ctx: Context, request: Json, mapping: Json, function: Function) -> None:
    KINDS[Arn.parse(mapping["EventSourceArn"]).service].check(ctx, request, mapping, function)
