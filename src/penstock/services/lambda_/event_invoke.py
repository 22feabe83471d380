"""How failed asynchronous invocations are retried, and where their outcomes are sent.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.services.lambda_ import pages
from penstock.services.lambda_.names import LATEST, FunctionRef, function_ref, invalid, missing
from penstock.services.lambda_.state import Function, drop, find, put, state
from penstock.wire.model import Json

_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_DESTINATIONS = frozenset({"lambda", "sns", "sqs", "events", "s3"})


def put_function_event_invoke_config(ctx: Context, request: Json) -> Json:
    function, ref = _to_configure(ctx, request)
    return _save(ctx, function, ref, {"DestinationConfig": {}}, request)


def update_function_event_invoke_config(ctx: Context, request: Json) -> Json:
    function, ref = _to_configure(ctx, request)
    return _save(ctx, function, ref, _config(ctx, ref), request)


def get_function_event_invoke_config(ctx: Context, request: Json) -> Json:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    return _config(ctx, ref)


def delete_function_event_invoke_config(ctx: Context, request: Json) -> Json:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    _config(ctx, ref)
    function = find(ctx, ref)
    assert function is not None
    drop(ctx, function, "event-invoke", ref.qualifier or LATEST)
    return {}


def list_function_event_invoke_configs(ctx: Context, request: Json) -> Json:
    function = find(ctx, function_ref(ctx, request["FunctionName"]))
    if function is None:
        raise missing("The function doesn't exist.")
    return pages.page(request, "FunctionEventInvokeConfigs", list(function.kind("event-invoke").values()))


def config_for(function: Function, qualifier: str) -> Json:
    """What applies to events that came in with a qualifier ($LATEST where they had none)."""
    return function.kind("event-invoke").get(qualifier, {})


def _to_configure(ctx: Context, request: Json) -> tuple[Function, FunctionRef]:
    if not any(name in request for name in _SETTINGS):
        raise invalid("You must specify at least one of error handling or destination setting.")
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    function = find(ctx, ref)
    known = function is not None and (
        not ref.qualifier or ref.qualifier in function.kind("alias") or ref.qualifier in function.kind("version")
    )
    if function is None or not known:
        raise missing("The function doesn't exist.")
    if destinations := request.get("DestinationConfig"):
        _check_destinations(ctx, function, destinations)
    return function, ref


def _config(ctx: Context, ref: FunctionRef) -> Json:
    function = find(ctx, ref)
    config = function.kind("event-invoke").get(ref.qualifier or LATEST) if function else None
    if config is None:
        raise missing(f"The function {ref.arn}:{ref.qualifier or LATEST} doesn't have an EventInvokeConfig")
    return config


def _save(ctx: Context, function: Function, ref: FunctionRef, before: Json, request: Json) -> Json:
    config = {
        **before,
        **{name: request[name] for name in _SETTINGS if name in request},
        "FunctionArn": f"{ref.arn}:{ref.qualifier or LATEST}",
        "LastModified": ctx.clock.now(),
    }
    config["DestinationConfig"] = {"OnSuccess": {}, "OnFailure": {}, **config["DestinationConfig"]}
    put(ctx, function, "event-invoke", ref.qualifier or LATEST, config)
    return config


def _check_destinations(ctx: Context, function: Function, destinations: Json) -> None:
    success = destinations.get("OnSuccess", {}).get("Destination")
    failure = destinations.get("OnFailure", {}).get("Destination")
    for destination in filter(None, (success, failure)):
        arn = Arn.parse(destination)
        if arn.service not in _DESTINATIONS:
            shown = f"onSuccess={_shown('OnSuccess', success)}, onFailure={_shown('OnFailure', failure)}"
            raise invalid(f"The provided destination config DestinationConfig({shown}) is invalid.")
        if arn.service == "lambda":
            _check_function(ctx, function, destination, arn)


def _shown(name: str, destination: str | None) -> str:
    return f"{name}(destination={destination})" if destination else "null"


def _check_function(ctx: Context, function: Function, destination: str, arn: Arn) -> None:
    name = arn.resource_id.partition(":")[0]
    if (arn.account, arn.region, name) not in state(ctx).functions:
        raise invalid(f"The destination ARN {destination} is invalid.")
    if name == function.name:
        raise invalid("You can't specify the function as a destination for itself.")
