"""Resource policies of tables and streams: kept and returned. Nobody is refused anything by them.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
"""

from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import check_resource, described, redefine
from penstock.wire.model import Json

MAX_SIZE = 20 * 1024
NO_POLICY = "NO_POLICY"
_MISSING = "Resource-based policy not found for the provided ResourceArn: "


def put_resource_policy(ctx: Context, request: Json) -> Json:
    table, resource = _resource(ctx, request["ResourceArn"])
    policy = check_policy(request["Policy"])
    current = _policies(table).get(resource)
    _check_revision(table, current, request.get("ExpectedRevisionId"))
    if current is not None and orjson.loads(current["Policy"]) == policy:
        return {"RevisionId": current["RevisionId"]}
    revision = max(int(ctx.clock.now() * 1000), int(current["RevisionId"]) + 1 if current else 0)
    made = {"Policy": request["Policy"], "RevisionId": str(revision)}
    redefine(ctx, table, {**table.definition, "Policies": {**_policies(table), resource: made}})
    return {"RevisionId": made["RevisionId"]}


def get_resource_policy(ctx: Context, request: Json) -> Json:
    table, resource = _resource(ctx, request["ResourceArn"])
    found: Json | None = _policies(table).get(resource)
    if found is None:
        raise AwsError("PolicyNotFoundException", _MISSING + resource)
    return found


def delete_resource_policy(ctx: Context, request: Json) -> Json:
    """Where there is none there is nothing to do, unless a revision is expected."""
    table, resource = _resource(ctx, request["ResourceArn"])
    current = _policies(table).get(resource)
    _check_revision(table, current, request.get("ExpectedRevisionId"))
    if current is None:
        return {}
    others = {arn: policy for arn, policy in _policies(table).items() if arn != resource}
    redefine(ctx, table, {**table.definition, "Policies": others})
    return {"RevisionId": current["RevisionId"]}


def _policies(table: Table) -> Json:
    found: Json = table.definition.get("Policies", {})
    return found


def _resource(ctx: Context, resource: str) -> tuple[Table, str]:
    """The table of a table's or a stream's ARN."""
    table_arn, _, below = resource.partition("/stream/")
    check_resource(ctx, resource)
    table = described(ctx, table_arn)
    if below and table.definition.get("LatestStreamArn") != resource:
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Stream: {resource} not found")
    return table, resource


def check_policy(text: str) -> Json:
    """The document. Raises ValidationException for what is none."""
    fault: str | None
    if len(text.encode()) > MAX_SIZE:
        raise invalid(f"{INVALID}Maximum policy size of {MAX_SIZE} bytes exceeded")
    try:
        policy: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        policy = ()
    if policy is None:
        fault = "This text appears not to be a policy"
    elif not isinstance(policy, dict):
        fault = "This policy contains invalid Json"
    elif not policy:
        fault = f"Syntax error at position (1,{len(text.rstrip()) + 1})"
    else:
        fault = _fault(policy.get("Statement"))
    if fault is not None:
        raise invalid(f"{INVALID}Invalid policy document: {fault}")
    document: Json = policy
    return document


def _fault(statements: Any) -> str | None:
    if not statements and statements != {}:
        return "Could not parse the policy: Statement is empty!"
    for one in statements if isinstance(statements, list) else [statements]:
        if isinstance(one, dict) and "Effect" not in one:
            return "Missing required field Effect"
        if isinstance(one, dict) and not one.keys() & {"Resource", "NotResource"}:
            return "Missing required field Resource"
    return None


def _check_revision(table: Table, current: Json | None, expected: str | None) -> None:
    if expected is None or expected == (NO_POLICY if current is None else current["RevisionId"]):
        return
    if current is None:
        detail = f"Requested update for policy with revision id {expected}, but no policy is associated to target table"
        raise AwsError("PolicyNotFoundException", f"{_MISSING}{detail} {table.name}.")
    if expected == NO_POLICY:
        detail = f"Requested policy update expecting none to be present for table {table.name}, but a policy exists"
        raise AwsError("PolicyNotFoundException", f"{_MISSING}{detail} with revision id {current['RevisionId']}.")
    detail = f"Requested update for policy with revision id {expected}, but the policy associated to target table"
    revision = current["RevisionId"]
    raise AwsError("PolicyNotFoundException", f"{_MISSING}{detail} {table.name} has revision id {revision}.")
