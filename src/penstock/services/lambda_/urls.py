"""Function URLs: their configuration.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html
"""

from penstock.base import ids
from penstock.call import Context
from penstock.services.lambda_ import configuration, pages
from penstock.services.lambda_.names import LATEST, FunctionRef, conflict, function_ref, missing
from penstock.services.lambda_.state import Function, drop, find, put
from penstock.wire.model import Json

LABEL = "lambda-url"
_ID_LENGTH = 32
# Told where a configuration is asked for, though not where it is changed, as long as none was given.
_BUFFERED = {"InvokeMode": "BUFFERED"}


def create_function_url_config(ctx: Context, request: Json) -> Json:
    function, ref = _function(ctx, request)
    qualifier = ref.qualifier or LATEST
    if qualifier in function.kind("url"):
        arn = function.arn_of(ref.qualifier)
        raise conflict(
            f"Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists "
            "for this Lambda function"
        )
    now = configuration.timestamp(ctx.clock.now())
    config: Json = {
        "UrlId": ids.lower_id(_ID_LENGTH),
        "FunctionArn": function.arn_of(ref.qualifier),
        "AuthType": request["AuthType"],
        "CreationTime": now,
        "LastModifiedTime": now,
        **{name: request[name] for name in ("Cors", "InvokeMode") if request.get(name)},
    }
    put(ctx, function, "url", qualifier, config)
    return _shown(ctx, config)


def get_function_url_config(ctx: Context, request: Json) -> Json:
    _, _, config = _existing(ctx, request)
    return {**_BUFFERED, **_shown(ctx, config)}


def update_function_url_config(ctx: Context, request: Json) -> Json:
    _function(ctx, request)
    function, qualifier, config = _existing(ctx, request)
    changes: Json = {name: request[name] for name in ("AuthType", "Cors", "InvokeMode") if name in request}
    new = {**config, **changes, "LastModifiedTime": configuration.timestamp(ctx.clock.now())}
    put(ctx, function, "url", qualifier, new)
    return _shown(ctx, new)


def delete_function_url_config(ctx: Context, request: Json) -> Json:
    function, qualifier, _ = _existing(ctx, request)
    drop(ctx, function, "url", qualifier)
    return {}


def list_function_url_configs(ctx: Context, request: Json) -> Json:
    function, _ = _function(ctx, request)
    found = [{**_BUFFERED, **_shown(ctx, config)} for config in function.kind("url").values()]
    return pages.page(request, "FunctionUrlConfigs", found)


def _function(ctx: Context, request: Json) -> tuple[Function, FunctionRef]:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    function = find(ctx, ref)
    if function is None or (ref.qualifier and ref.qualifier not in function.kind("alias")):
        raise missing("Function does not exist")
    return function, ref


def _existing(ctx: Context, request: Json) -> tuple[Function, str, Json]:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    function, qualifier = find(ctx, ref), ref.qualifier or LATEST
    config = function.kind("url").get(qualifier) if function else None
    if function is None or config is None:
        raise missing()
    return function, qualifier, config


def _shown(ctx: Context, config: Json) -> Json:
    """With a URL whose host resolves everywhere; `<url id>.lambda-url.<region>.localhost` is the same place."""
    url = f"{ctx.config.endpoint}/_aws/{LABEL}/{config['UrlId']}/"
    return {"FunctionUrl": url, **{name: value for name, value in config.items() if name != "UrlId"}}
