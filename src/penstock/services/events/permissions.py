"""The resource policies of event buses.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
"""

import re

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.events import names
from penstock.services.events.buses import save
from penstock.services.events.state import Bus, bus_of
from penstock.wire.model import Json

_MAX_SIZE = 10_240
_STATEMENT_ID = re.compile(r"[a-zA-Z0-9-_]{1,64}")


def put_permission(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    if "Policy" in request:
        _save(ctx, bus, _parsed(request["Policy"]))
        return {}
    statement = _statement(bus, request)
    others = [known for known in _statements(bus) if known.get("Sid") != statement["Sid"]]
    _save(ctx, bus, [*others, statement])
    return {}


def remove_permission(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("EventBusName"))
    if request.get("RemoveAllPermissions"):
        _save(ctx, bus, [])
        return {}
    statements = _statements(bus)
    if not statements:
        raise AwsError("ResourceNotFoundException", "EventBus does not have a policy.")
    others = [known for known in statements if known.get("Sid") != request.get("StatementId")]
    if len(others) == len(statements):
        raise AwsError("ResourceNotFoundException", "Statement with the provided id does not exist.")
    _save(ctx, bus, others)
    return {}


def _statements(bus: Bus) -> list[Json]:
    found: list[Json] = orjson.loads(bus.policy)["Statement"] if bus.policy else []
    return found


def _parsed(policy: str) -> list[Json]:
    try:
        statements = orjson.loads(policy)["Statement"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise names.invalid("This policy contains invalid Json") from None
    return statements if isinstance(statements, list) else [statements]


def _save(ctx: Context, bus: Bus, statements: list[Json]) -> None:
    policy = orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode() if statements else None
    if policy and len(policy) > _MAX_SIZE:
        raise AwsError("PolicyLengthExceededException", "The maximum policy size allowed for resource policy exceeded.")
    save(ctx, bus, bus.settings, policy)


def _statement(bus: Bus, request: Json) -> Json:
    principal, condition = request.get("Principal"), request.get("Condition")
    if principal is None:
        raise names.invalid("Parameter Principal must be specified.")
    if condition and principal != "*":
        message = "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set."
        raise AwsError("InvalidParameterValue", message, status=400)
    if request.get("Action") != "events:PutEvents":
        raise names.invalid("Provided value in parameter 'action' is not supported.")
    if not _STATEMENT_ID.fullmatch(request.get("StatementId", "")):
        raise AwsError("InvalidParameterValue", "StatementId must match ^[a-zA-Z0-9-_]{1,64}$", status=400)
    return {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": "events:PutEvents",
        "Resource": bus.arn,
        **({"Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}} if condition else {}),
    }
