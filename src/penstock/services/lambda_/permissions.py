"""Resource policies of functions: who else may call them.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

import re

import orjson

from penstock.base import ids
from penstock.call import Context
from penstock.services.lambda_.names import LATEST, conflict, function_ref, invalid, missing, stale
from penstock.services.lambda_.state import Function, check_qualifier, drop, find, function_of, put
from penstock.wire.model import Json

_ACCOUNT = re.compile(r"\d{12}")
_IAM_ARN = re.compile(r"arn:aws[\w-]*:(iam|sts)::\d{12}:.+")
# Request members that become conditions: (operator, key).
_CONDITIONS = {
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
}


def statement(request: Json, resource: str) -> Json:
    """The policy statement that AddPermission's parameters describe."""
    conditions: dict[str, Json] = {}
    for member, (operator, key) in _CONDITIONS.items():
        if member in request:
            conditions.setdefault(operator, {})[key] = request[member]
    if request.get("InvokedViaFunctionUrl") is not None:
        conditions.setdefault("Bool", {})["lambda:InvokedViaFunctionUrl"] = str(
            request["InvokedViaFunctionUrl"]
        ).lower()
    result = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(request["Principal"]),
        "Action": request["Action"],
        "Resource": resource,
    }
    return {**result, "Condition": conditions} if conditions else result


def _principal(text: str) -> str | Json:
    if text == "*":
        return text
    if _ACCOUNT.fullmatch(text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if _IAM_ARN.fullmatch(text):
        return {"AWS": text}
    if ".amazonaws.com" in text or text.endswith(".amazon.com"):
        return {"Service": text}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


def add_permission(ctx: Context, request: Json) -> Json:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    if ref.qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")
    function = function_of(ctx, ref._replace(qualifier=None))
    check_qualifier(function, ref.qualifier)
    _check_revision(function, ref.qualifier, request)
    statements = _statements(function, ref.qualifier)
    if any(known["Sid"] == request["StatementId"] for known in statements):
        raise conflict(
            f"The statement id ({request['StatementId']}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )
    new = statement(request, function.arn_of(ref.qualifier))
    _save(ctx, function, ref.qualifier, [*statements, new])
    return {"Statement": orjson.dumps(new).decode()}


def remove_permission(ctx: Context, request: Json) -> Json:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    function = find(ctx, ref)
    if function is None:
        raise missing(f"No policy found for: {ref.arn}")
    check_qualifier(function, ref.qualifier)
    statements = _statements(function, ref.qualifier)
    if not statements:
        raise missing("No policy is associated with the given resource.")
    kept = [known for known in statements if known["Sid"] != request["StatementId"]]
    if len(kept) == len(statements):
        raise missing(f"Statement {request['StatementId']} is not found in resource policy.")
    _check_revision(function, ref.qualifier, request)
    _save(ctx, function, ref.qualifier, kept)
    return {}


def get_policy(ctx: Context, request: Json) -> Json:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    function = function_of(ctx, ref._replace(qualifier=None))
    statements = _statements(function, ref.qualifier)
    if not statements:
        raise missing()
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": orjson.dumps(policy).decode(), "RevisionId": _revision(function, ref.qualifier)}


def _statements(function: Function, qualifier: str | None) -> list[Json]:
    statements: list[Json] = function.kind("policy").get(qualifier or LATEST, {}).get("Statement", [])
    return statements


def _save(ctx: Context, function: Function, qualifier: str | None, statements: list[Json]) -> None:
    """Stores the statements; the version's or alias's revision changes with them."""
    name = qualifier or LATEST
    if statements:
        put(ctx, function, "policy", name, {"Statement": statements})
    else:
        drop(ctx, function, "policy", name)
    if name in function.kind("alias"):
        put(ctx, function, "alias", name, {**function.kind("alias")[name], "RevisionId": ids.uuid()})
    else:
        version = function.kind("version")[name]
        settings = {**version["Configuration"], "RevisionId": ids.uuid()}
        put(ctx, function, "version", name, {**version, "Configuration": settings})


def _revision(function: Function, qualifier: str | None) -> str:
    name = qualifier or LATEST
    alias = function.kind("alias").get(name)
    revision: str = (alias or function.kind("version")[name]["Configuration"])["RevisionId"]
    return revision


def _check_revision(function: Function, qualifier: str | None, request: Json) -> None:
    if request.get("RevisionId") and request["RevisionId"] != _revision(function, qualifier):
        raise stale()
