"""Aliases: names for versions, with weights where traffic goes to two of them.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.lambda_ import pages
from penstock.services.lambda_.names import LATEST, conflict, function_ref, invalid, missing, not_found, stale
from penstock.services.lambda_.state import Function, drop, function_of, put
from penstock.wire.model import Json


def _function(ctx: Context, request: Json) -> Function:
    return function_of(ctx, function_ref(ctx, request["FunctionName"])._replace(qualifier=None))


def _alias(function: Function, name: str) -> Json:
    alias = function.kind("alias").get(name)
    if alias is None:
        raise missing(f"Cannot find alias arn: {function.arn_of(name)}")
    return alias


def create_alias(ctx: Context, request: Json) -> Json:
    function, name, version = _function(ctx, request), request["Name"], request["FunctionVersion"]
    if version not in function.kind("version"):
        raise not_found(function.arn_of(version))
    if name in function.kind("alias"):
        raise conflict(f"Alias already exists: {function.arn_of(name)}")
    alias = {
        "AliasArn": function.arn_of(name),
        "Name": name,
        "FunctionVersion": version,
        "Description": request.get("Description", ""),
        "RevisionId": ids.uuid(),
        **_routing(function, version, request.get("RoutingConfig")),
    }
    put(ctx, function, "alias", name, alias)
    return alias


def get_alias(ctx: Context, request: Json) -> Json:
    return _alias(_function(ctx, request), request["Name"])


def list_aliases(ctx: Context, request: Json) -> Json:
    function, version = _function(ctx, request), request.get("FunctionVersion")
    aliases = function.kind("alias")
    found = [aliases[name] for name in sorted(aliases) if version in (None, aliases[name]["FunctionVersion"])]
    return pages.page(request, "Aliases", found)


def update_alias(ctx: Context, request: Json) -> Json:
    function = _function(ctx, request)
    alias = _alias(function, request["Name"])
    if request.get("RevisionId") and request["RevisionId"] != alias["RevisionId"]:
        raise stale()
    version = request.get("FunctionVersion", alias["FunctionVersion"])
    if version not in function.kind("version"):
        raise not_found(function.arn_of(version))
    routing = request.get("RoutingConfig", alias.get("RoutingConfig"))
    kept = {name: value for name, value in alias.items() if name != "RoutingConfig"}
    new = {
        **kept,
        "FunctionVersion": version,
        "Description": request.get("Description", alias["Description"]),
        "RevisionId": ids.uuid(),
        **_routing(function, version, routing),
    }
    put(ctx, function, "alias", request["Name"], new)
    return new


def delete_alias(ctx: Context, request: Json) -> Json:
    """An alias that does not exist is deleted already."""
    function, name = _function(ctx, request), request["Name"]
    if name in function.kind("alias"):
        for kind in ("alias", "policy", "url", "event-invoke", "provisioned"):
            if name in function.kind(kind):
                drop(ctx, function, kind, name)
    return {}


def _routing(function: Function, version: str, routing: Json | None) -> Json:
    weights: dict[str, float] = (routing or {}).get("AdditionalVersionWeights", {})
    if not weights:
        return {}
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    ((other, weight),) = weights.items()
    if not 0.0 <= weight < 1.0:
        raise _unsatisfied(other, weight, _VALUES)
    if other == version:
        raise invalid(
            f"Invalid function version {version}. Function version {version} is already included in routing "
            "configuration."
        )
    if version == LATEST:
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    if not other.isdigit():
        raise _unsatisfied(other, weight, _KEYS)
    if other not in function.kind("version"):
        raise not_found(function.arn_of(other))
    return {"RoutingConfig": {"AdditionalVersionWeights": weights}}


_VALUES = (
    "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value "
    "greater than or equal to 0.0, Member must not be null]"
)
_KEYS = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length "
    "greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]"
)


def _unsatisfied(version: str, weight: float, constraint: str) -> AwsError:
    message = (
        f"1 validation error detected: Value '{{{version}={weight}}}' at 'routingConfig.additionalVersionWeights' "
        f"failed to satisfy constraint: {constraint}"
    )
    return AwsError("ValidationException", message, status=400)
