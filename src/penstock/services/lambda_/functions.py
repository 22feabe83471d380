"""Functions: create, read, update, delete.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and its siblings
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.lambda_ import code_signing, configuration, mapping_runner, pages, queue, specs, versions
from penstock.services.lambda_.code import Code, image_location, location, obtain
from penstock.services.lambda_.names import LATEST, FunctionRef, conflict, function_ref, invalid, not_found, stale
from penstock.services.lambda_.state import Function, find, function_of, put, set_settings, state, version_of
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json

_MAX_TAGS = 50


async def create_function(ctx: Context, request: Json) -> Json:
    ref = function_ref(ctx, request["FunctionName"])
    _check_new(ctx, ref, request)
    code = await obtain(ctx, request["Code"])
    with ctx.store.savepoint():
        return _create(ctx, ref, request, code)


def _check_new(ctx: Context, ref: FunctionRef, request: Json) -> None:
    if len(ref.name) > 64:
        raise invalid(
            f"1 validation error detected: Value '{ref.name}' at 'functionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        )
    if find(ctx, ref) is not None:
        raise conflict(f"Function already exist: {ref.name}")
    package = request.get("PackageType", "Zip")
    _check_package(package, request["Code"], "creating")
    configuration.check_members(package, request)
    if package == "Zip" and not (request.get("Runtime") and request.get("Handler")):
        raise invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    if len(request.get("Tags", ())) > _MAX_TAGS:
        raise invalid("Number of tags exceeds resource tag limit.")
    code_signing.check(ctx, request.get("CodeSigningConfigArn"))


def _check_package(package: str, code: Json, doing: str) -> None:
    if package == "Image" and not code.get("ImageUri"):
        raise invalid(f"Please provide ImageUri when {doing} a function with packageType Image.")
    if package == "Zip" and code.get("ImageUri"):
        raise invalid(f"Please don't provide ImageUri when {doing} a function with packageType Zip.")


def _create(ctx: Context, ref: FunctionRef, request: Json, code: Code) -> Json:
    _check_new(ctx, ref, request)  # again: the code was read meanwhile
    function = Function(ref.arn)
    settings = configuration.created(ctx, function, request, code)
    functions = state(ctx).functions
    functions[function.key] = function
    ctx.store.after_rollback(lambda: functions.pop(function.key, None))
    deploy(ctx, function, settings, code.document)
    given = {"Tags": request.get("Tags"), "CodeSigningConfigArn": request.get("CodeSigningConfigArn")}
    set_settings(ctx, function, NextVersion=1, **{name: value or None for name, value in given.items()})
    if request.get("Publish"):
        # Unlike PublishVersion and UpdateFunctionCode, this says the function's own ARN.
        published = versions.publish(ctx, function, request.get("Description"))
        return configuration.pending(published) | {"FunctionArn": function.arn_of(None)}
    return configuration.pending(settings)


def deploy(ctx: Context, function: Function, settings: Json, code: Json) -> None:
    """Makes a configuration and code the function's $LATEST; environments of the old one are let go."""
    document = {"Configuration": settings, "Code": code, "Generation": ids.uuid()}
    put(ctx, function, "version", LATEST, document)
    ctx.store.after_commit(lambda: specs.warm_up(ctx, function))


# -- read --------------------------------------------------------------------------------------------


def get_function(ctx: Context, request: Json) -> Json:
    function, qualifier = _asked(ctx, request)
    version = version_of(function, qualifier)
    shown = _shown(function, qualifier, version)
    image = function.kind("version")[version]["Code"].get("Image")
    package = {"RepositoryType": "S3", "Location": location(ctx, shown["CodeSha256"])}
    code = image_location(image, shown["CodeSha256"]) if image else package
    result: Json = {"Configuration": shown, "Code": code}
    if tags := function.settings.get("Tags"):
        result["Tags"] = tags
    if function.reserved is not None:
        result["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return result


def get_function_configuration(ctx: Context, request: Json) -> Json:
    function, qualifier = _asked(ctx, request)
    return _shown(function, qualifier, version_of(function, qualifier))


def _asked(ctx: Context, request: Json) -> tuple[Function, str | None]:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    return function_of(ctx, ref), ref.qualifier


def _shown(function: Function, qualifier: str | None, version: str) -> Json:
    settings: Json = function.kind("version")[version]["Configuration"]
    return {**settings, "FunctionArn": function.arn_of(qualifier)}


def list_functions(ctx: Context, request: Json) -> Json:
    own = [f for f in state(ctx).functions.values() if (f.account, f.region) == (ctx.account, ctx.region)]
    every = request.get("FunctionVersion") == "ALL"
    found = [
        configuration.listed(_shown(function, version if every else None, version))
        for function in sorted(own, key=lambda f: f.name)
        for version in function.kind("version")
        if every or version == LATEST
    ]
    return pages.page(request, "Functions", found)


# -- update ------------------------------------------------------------------------------------------


async def update_function_code(ctx: Context, request: Json) -> Json:
    function = _to_update(ctx, request)
    _check_package(function.latest["Configuration"]["PackageType"], request, "updating")
    code = await obtain(ctx, request)
    with ctx.store.savepoint():
        return _update_code(ctx, function, request, code)


def _update_code(ctx: Context, function: Function, request: Json, code: Code) -> Json:
    settings = function.latest["Configuration"]
    settings = configuration.with_code(ctx, settings, code)
    if "Architectures" in request:
        settings["Architectures"] = request["Architectures"]
    if request.get("DryRun"):
        return configuration.updating(settings)
    deploy(ctx, function, settings, code.document)
    if request.get("Publish"):
        return configuration.pending(versions.publish(ctx, function, None))
    return configuration.updating(settings)


def update_function_configuration(ctx: Context, request: Json) -> Json:
    function = _to_update(ctx, request)
    settings = configuration.changed(ctx, function.latest["Configuration"], request)
    deploy(ctx, function, settings, function.latest["Code"])
    return configuration.updating(settings)


def _to_update(ctx: Context, request: Json) -> Function:
    function = function_of(ctx, function_ref(ctx, request["FunctionName"])._replace(qualifier=None))
    wanted = request.get("RevisionId")
    if wanted and wanted != function.latest["Configuration"]["RevisionId"]:
        raise stale()
    return function


# -- delete ------------------------------------------------------------------------------------------


def delete_function(ctx: Context, request: Json) -> Json:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    if ref.qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    function = find(ctx, ref)
    if function is None:
        raise not_found(ref.arn)
    if ref.qualifier:
        versions.delete(ctx, function, ref.qualifier)
    else:
        _delete(ctx, function)
    return {"StatusCode": 204}


def _delete(ctx: Context, function: Function) -> None:
    functions = state(ctx).functions
    del functions[function.key]
    ctx.store.after_rollback(lambda: functions.update({function.key: function}))
    DOCUMENTS.drop(ctx.store, function.arn)
    queue.forget(ctx, function)
    mapping_runner.function_changed(ctx, function)
    pool = state(ctx).pool
    ctx.store.after_commit(lambda: pool.retire(function.arn))


# -- account -----------------------------------------------------------------------------------------


def get_account_settings(ctx: Context, request: Json) -> Json:
    own = [f for f in state(ctx).functions.values() if (f.account, f.region) == (ctx.account, ctx.region)]
    size = sum(v["Configuration"]["CodeSize"] for function in own for v in function.kind("version").values())
    limit = {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 1000 - sum(function.reserved or 0 for function in own),
    }
    return {"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": size, "FunctionCount": len(own)}}


def get_runtime_management_config(ctx: Context, request: Json) -> Json:
    function, qualifier = _asked(ctx, request)
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": function.arn_of(qualifier)}


def put_runtime_management_config(ctx: Context, request: Json) -> Json:
    """There is one build of each runtime here, so only automatic updates mean anything."""
    function, qualifier = _asked(ctx, request)
    if request["UpdateRuntimeOn"] != "Auto":
        raise AwsError(
            "NotImplemented", "Penstock has one version of each runtime: UpdateRuntimeOn is Auto.", status=501
        )
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": function.arn_of(qualifier)}


def get_function_recursion_config(ctx: Context, request: Json) -> Json:
    function, _ = _asked(ctx, request)
    return {"RecursiveLoop": function.settings.get("RecursiveLoop", "Terminate")}


def put_function_recursion_config(ctx: Context, request: Json) -> Json:
    function, _ = _asked(ctx, request)
    set_settings(ctx, function, RecursiveLoop=request["RecursiveLoop"])
    return {"RecursiveLoop": request["RecursiveLoop"]}
