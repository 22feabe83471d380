"""Code signing configurations, and which functions have one. They are records: no code is signed here, so neither
publishers nor policies keep a package from being deployed.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
"""

from penstock.base import ids
from penstock.base.arn import Arn, arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.lambda_ import configuration, pages
from penstock.services.lambda_.names import conflict, function_ref, missing
from penstock.services.lambda_.state import Function, function_of, set_settings, state
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json

KIND = "code-signing"
_POLICIES = {"UntrustedArtifactOnDeployment": "Warn"}
_GIVEN = ("AllowedPublishers", "CodeSigningPolicies", "Description")


def _find(ctx: Context, config_arn: str) -> Json | None:
    parsed = Arn.parse(config_arn)
    return DOCUMENTS.get(ctx.store, f"{parsed.account}:{parsed.region}", KIND, parsed.resource_id)


def _of(ctx: Context, config_arn: str) -> Json:
    document = _find(ctx, config_arn)
    if document is None:
        raise missing(f"The Lambda code signing configuration {config_arn} can not be found.")
    return document


def _put(ctx: Context, document: Json) -> Json:
    """Stores it, as changed now."""
    document["LastModified"] = configuration.timestamp(ctx.clock.now())
    DOCUMENTS.put(ctx.store, f"{ctx.account}:{ctx.region}", KIND, document["CodeSigningConfigId"], document)
    return {"CodeSigningConfig": _shown(document)}


def _shown(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "Tags"}


def create_code_signing_config(ctx: Context, request: Json) -> Json:
    config_id = f"csc-{ids.hex_id(17)}"
    document = {
        "CodeSigningConfigId": config_id,
        "CodeSigningConfigArn": arn("lambda", ctx.region, ctx.account, f"code-signing-config:{config_id}"),
        "Description": request.get("Description", ""),
        "AllowedPublishers": request["AllowedPublishers"],
        "CodeSigningPolicies": request.get("CodeSigningPolicies", _POLICIES),
        "Tags": request.get("Tags", {}),
    }
    return _put(ctx, document)


def get_code_signing_config(ctx: Context, request: Json) -> Json:
    return {"CodeSigningConfig": _shown(_of(ctx, request["CodeSigningConfigArn"]))}


def update_code_signing_config(ctx: Context, request: Json) -> Json:
    changes = {name: request[name] for name in _GIVEN if name in request}
    return _put(ctx, _of(ctx, request["CodeSigningConfigArn"]) | changes)


def delete_code_signing_config(ctx: Context, request: Json) -> Json:
    config_arn = request["CodeSigningConfigArn"]
    document = _of(ctx, config_arn)
    if _functions(ctx, config_arn):
        raise conflict(f"The code signing configuration {config_arn} is used by functions.")
    DOCUMENTS.delete(ctx.store, f"{ctx.account}:{ctx.region}", KIND, document["CodeSigningConfigId"])
    return {}


def list_code_signing_configs(ctx: Context, request: Json) -> Json:
    found = DOCUMENTS.all(ctx.store, f"{ctx.account}:{ctx.region}", KIND)
    return pages.page(request, "CodeSigningConfigs", [_shown(document) for document in found])


# -- of functions ------------------------------------------------------------------------------------


def _functions(ctx: Context, config_arn: str) -> list[str]:
    every = state(ctx).functions.values()
    return sorted(function.arn for function in every if function.settings.get("CodeSigningConfigArn") == config_arn)


def list_functions_by_code_signing_config(ctx: Context, request: Json) -> Json:
    _of(ctx, request["CodeSigningConfigArn"])
    return pages.page(request, "FunctionArns", _functions(ctx, request["CodeSigningConfigArn"]))


def check(ctx: Context, config_arn: str | None) -> None:
    """Raises for one that a function is to have and that is not there."""
    if config_arn and _find(ctx, config_arn) is None:
        raise AwsError(
            "CodeSigningConfigNotFoundException",
            "The code signing configuration cannot be found. Check that the provided configuration is not deleted: "
            f"{config_arn}.",
            Type="User",
        )


def _function(ctx: Context, request: Json) -> Function:
    return function_of(ctx, function_ref(ctx, request["FunctionName"])._replace(qualifier=None))


def put_function_code_signing_config(ctx: Context, request: Json) -> Json:
    check(ctx, request["CodeSigningConfigArn"])
    function = _function(ctx, request)
    set_settings(ctx, function, CodeSigningConfigArn=request["CodeSigningConfigArn"])
    return {"CodeSigningConfigArn": request["CodeSigningConfigArn"], "FunctionName": function.name}


def get_function_code_signing_config(ctx: Context, request: Json) -> Json:
    function = _function(ctx, request)
    config_arn = function.settings.get("CodeSigningConfigArn")
    return {"CodeSigningConfigArn": config_arn, "FunctionName": function.name} if config_arn else {}


def delete_function_code_signing_config(ctx: Context, request: Json) -> Json:
    set_settings(ctx, _function(ctx, request), CodeSigningConfigArn=None)
    return {}
