"""Reserved and provisioned concurrency.

Reserved concurrency limits a function's environments; provisioned concurrency is stored and answered, and needs nothing
here: environments start in milliseconds.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.lambda_ import configuration, pages
from penstock.services.lambda_.names import LATEST, conflict, function_ref, invalid, not_found
from penstock.services.lambda_.state import (
    Function,
    check_qualifier,
    drop,
    find,
    function_of,
    put,
    qualifier_missing,
    set_settings,
    state,
)
from penstock.wire.model import Json

ACCOUNT_LIMIT = 1000
_UNRESERVED_MINIMUM = 100


def _unqualified(ctx: Context, request: Json) -> Function:
    ref = function_ref(ctx, request["FunctionName"])
    if ref.qualifier:
        raise invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            "Please specify either a function name or an unqualified function ARN."
        )
    function = find(ctx, ref)
    if function is None:
        raise not_found(f"{ref.arn}:{LATEST}")
    return function


def put_function_concurrency(ctx: Context, request: Json) -> Json:
    function, wanted = _unqualified(ctx, request), request["ReservedConcurrentExecutions"]
    own = [f for f in state(ctx).functions.values() if (f.account, f.region) == (function.account, function.region)]
    others = sum(f.reserved or 0 for f in own if f is not function)
    if ACCOUNT_LIMIT - others - wanted < _UNRESERVED_MINIMUM:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{_UNRESERVED_MINIMUM}]."
        )
    provisioned = sum(_requested(c) for c in function.kind("provisioned").values())
    if provisioned > wanted:
        raise invalid(
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned "
            f"concurrency [{provisioned}]."
        )
    set_settings(ctx, function, ReservedConcurrentExecutions=wanted)
    return {"ReservedConcurrentExecutions": wanted}


def get_function_concurrency(ctx: Context, request: Json) -> Json:
    function = function_of(ctx, function_ref(ctx, request["FunctionName"])._replace(qualifier=None))
    return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


def delete_function_concurrency(ctx: Context, request: Json) -> Json:
    set_settings(ctx, _unqualified(ctx, request), ReservedConcurrentExecutions=None)
    return {}


# -- provisioned -------------------------------------------------------------------------------------


def _requested(config: Json) -> int:
    number: int = config["RequestedProvisionedConcurrentExecutions"]
    return number


def _published(ctx: Context, request: Json) -> tuple[Function, str]:
    if request["Qualifier"] == LATEST:
        raise invalid("The function resource provided must be an alias or a published version.")
    ref = function_ref(ctx, request["FunctionName"], request["Qualifier"])
    function = find(ctx, ref)
    if function is None:
        raise qualifier_missing(ref.qualified_arn)
    check_qualifier(function, ref.qualifier)
    return function, ref.qualifier or ""


def put_provisioned_concurrency_config(ctx: Context, request: Json) -> Json:
    if request["Qualifier"] == LATEST:
        raise invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    function, qualifier = _published(ctx, request)
    wanted = request["ProvisionedConcurrentExecutions"]
    _check_provisioned(function, qualifier, wanted)
    config = {
        "RequestedProvisionedConcurrentExecutions": wanted,
        "LastModified": configuration.timestamp(ctx.clock.now()),
    }
    put(ctx, function, "provisioned", qualifier, config)
    return {
        **config,
        "AvailableProvisionedConcurrentExecutions": 0,
        "AllocatedProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
    }


def _check_provisioned(function: Function, qualifier: str, wanted: int) -> None:
    configs, aliases = function.kind("provisioned"), function.kind("alias")
    others = sum(_requested(config) for name, config in configs.items() if name != qualifier)
    if function.reserved is not None and function.reserved < others + wanted:
        raise invalid(
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
        )
    if wanted > ACCOUNT_LIMIT - _UNRESERVED_MINIMUM:
        raise invalid(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            f"minimum value of [{_UNRESERVED_MINIMUM}]."
        )
    if qualifier in aliases and aliases[qualifier]["FunctionVersion"] in configs:
        raise conflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
        )
    if any(alias["FunctionVersion"] == qualifier and name in configs for name, alias in aliases.items()):
        raise conflict("Version is pointed by a Provisioned Concurrency alias")


def get_provisioned_concurrency_config(ctx: Context, request: Json) -> Json:
    function, qualifier = _published(ctx, request)
    config = function.kind("provisioned").get(qualifier)
    if config is None:
        message = "No Provisioned Concurrency Config found for this function"
        raise AwsError("ProvisionedConcurrencyConfigNotFoundException", message, Type="User")
    return _ready(config)


def _ready(config: Json) -> Json:
    number = _requested(config)
    return {
        **config,
        "AvailableProvisionedConcurrentExecutions": number,
        "AllocatedProvisionedConcurrentExecutions": number,
        "Status": "READY",
    }


def list_provisioned_concurrency_configs(ctx: Context, request: Json) -> Json:
    function = function_of(ctx, function_ref(ctx, request["FunctionName"])._replace(qualifier=None))
    found = [
        {"FunctionArn": function.arn_of(qualifier), **_ready(config)}
        for qualifier, config in function.kind("provisioned").items()
    ]
    return pages.page(request, "ProvisionedConcurrencyConfigs", found)


def delete_provisioned_concurrency_config(ctx: Context, request: Json) -> Json:
    function, qualifier = _published(ctx, request)
    if qualifier in function.kind("provisioned"):
        drop(ctx, function, "provisioned", qualifier)
    return {}
