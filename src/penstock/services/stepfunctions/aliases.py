"""Aliases: names for one version, or for two with weights.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
"""

import random

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.names import ALIAS_NAME, invalid, machine_arn, no_machine, owner
from penstock.services.stepfunctions.pages import page
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.services.stepfunctions.versions import version_at
from penstock.wire.model import Json

_REASON = "INVALID_ROUTING_CONFIGURATION"


def create_state_machine_alias(ctx: Context, request: Json) -> Json:
    name, routing = request["name"], request["routingConfiguration"]
    if not ALIAS_NAME.fullmatch(name):
        pattern = "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy "
            f"regular expression pattern: {pattern}"
        )
    base = _checked(ctx, routing)
    arn, now = f"{base}:{name}", ctx.clock.now()
    alias = {"arn": arn, "name": name, "routing": routing, "createdAt": now, "updatedAt": now}
    if "description" in request:
        alias["description"] = request["description"]
    known = DOCUMENTS.get(ctx.store, base, "alias", arn)
    if known is not None:
        if (known["routing"], known.get("description")) == (routing, alias.get("description")):
            return {"stateMachineAliasArn": arn, "creationDate": known["createdAt"]}
        raise AwsError(
            "ConflictException",
            "Failed to create alias because an alias with the same name and a different routing configuration already "
            "exists.",
        )
    DOCUMENTS.put(ctx.store, base, "alias", arn, alias)
    return {"stateMachineAliasArn": arn, "creationDate": now}


def _checked(ctx: Context, routing: list[Json]) -> str:
    """The ARN of the state machine whose versions these are."""
    arns = [item["stateMachineVersionArn"] for item in routing]
    shown = f"[{', '.join(arns)}]"
    if len(set(arns)) < len(arns):
        raise invalid(
            f"Routing configuration must contain distinct state machine version ARNs. Received: {shown}", _REASON
        )
    weights = [item["weight"] for item in routing]
    if sum(weights) != 100:
        raise invalid(f"Sum of routing configuration weights must equal 100. Received: {weights}", _REASON)
    found = [machine_arn(arn) for arn in arns]
    if not all(
        one.version and DOCUMENTS.get(ctx.store, one.base, "version", arn) for one, arn in zip(found, arns, strict=True)
    ):
        raise invalid(f"Routing configuration must contain state machine version ARNs. Received: {shown}", _REASON)
    if len({one.base for one in found}) > 1:
        raise invalid(
            f"Routing configuration must contain versions of the same state machine. Received: {shown}", _REASON
        )
    return found[0].base


def alias_at(ctx: Context, arn: str) -> Json:
    """Raises ResourceNotFound."""
    found = DOCUMENTS.get(ctx.store, machine_arn(arn).base, "alias", arn)
    if found is None:
        raise AwsError("ResourceNotFound", "Request references a resource that does not exist.", resourceName=arn)
    return found


def routed(ctx: Context, alias: Json) -> Json:
    """The version that an execution of the alias gets, by weight."""
    weights = [item["weight"] for item in alias["routing"]]
    chosen = random.choices(alias["routing"], weights)[0]["stateMachineVersionArn"]
    base, _, number = chosen.rpartition(":")
    return version_at(ctx, base, number)


def describe_state_machine_alias(ctx: Context, request: Json) -> Json:
    alias = alias_at(ctx, request["stateMachineAliasArn"])
    shown = {
        "stateMachineAliasArn": alias["arn"],
        "name": alias["name"],
        "routingConfiguration": alias["routing"],
        "creationDate": alias["createdAt"],
        "updateDate": alias["updatedAt"],
    }
    return {**shown, "description": alias["description"]} if "description" in alias else shown


def update_state_machine_alias(ctx: Context, request: Json) -> Json:
    if "description" not in request and "routingConfiguration" not in request:
        raise invalid(
            "Either the description or the routing configuration must be specified", "MISSING_REQUIRED_PARAMETER"
        )
    alias = alias_at(ctx, request["stateMachineAliasArn"])
    if "routingConfiguration" in request:
        if _checked(ctx, request["routingConfiguration"]) != machine_arn(alias["arn"]).base:
            raise invalid("Routing configuration must contain versions of the alias's state machine", _REASON)
        alias["routing"] = request["routingConfiguration"]
    if "description" in request:
        alias["description"] = request["description"]
    alias["updatedAt"] = ctx.clock.now()
    DOCUMENTS.put(ctx.store, machine_arn(alias["arn"]).base, "alias", alias["arn"], alias)
    return {"updateDate": alias["updatedAt"]}


def delete_state_machine_alias(ctx: Context, request: Json) -> Json:
    arn = alias_at(ctx, request["stateMachineAliasArn"])["arn"]
    DOCUMENTS.delete(ctx.store, machine_arn(arn).base, "alias", arn)
    return {}


def list_state_machine_aliases(ctx: Context, request: Json) -> Json:
    found = machine_arn(request["stateMachineArn"])
    if DOCUMENTS.get(ctx.store, owner(ctx), "machine", found.base) is None:
        raise no_machine(request["stateMachineArn"])
    aliases = sorted(DOCUMENTS.all(ctx.store, found.base, "alias"), key=lambda alias: alias["arn"])
    if found.version:
        wanted = request["stateMachineArn"]
        aliases = [a for a in aliases if any(item["stateMachineVersionArn"] == wanted for item in a["routing"])]
    shown = [{"stateMachineAliasArn": alias["arn"], "creationDate": alias["createdAt"]} for alias in aliases]
    return page(request, shown, "stateMachineAliases", "stateMachineAliasArn")
