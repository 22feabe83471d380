"""Operations as AWS's SDK names them for Step Functions and the Scheduler: `aws-sdk:sqs:sendMessage`, `QueueUrl`. Pure.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from datetime import datetime
from typing import Any

import orjson

from penstock.wire.model import Json, ServiceModel

# Services that botocore calls otherwise.
_SERVICES = {
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "elasticloadbalancingv2": "elbv2",
    "elasticloadbalancing": "elb",
    "applicationautoscaling": "application-autoscaling",
    "cognitoidentityprovider": "cognito-idp",
}
_members: dict[tuple[str, str], dict[str, str]] = {}


def service_of(name: str) -> str:
    """botocore's name of a service of the SDK."""
    return _SERVICES.get(name, name)


def capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def spelled(model: ServiceModel, shape: str) -> dict[str, str]:
    """Lower-case member name -> member name: AWS's SDK for Java has its own capitals (`SseKmsKeyId`)."""
    found = _members.get((model.name, shape))
    if found is None:
        members = model.shapes[shape].get("members", {})
        found = _members[model.name, shape] = {name.lower(): name for name in members}
    return found


def to_model(model: ServiceModel, shape: str | None, value: Any) -> Any:
    """Parameters as the operation takes them. Objects where a string is wanted become JSON text."""
    if shape is None:
        return {}
    spec = model.shapes[shape]
    return _TO.get(spec["type"], _as_is)(model, shape, spec, value)


def _structure_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    names, members = spelled(model, shape), spec.get("members", {})
    given = {names.get(key.lower(), key): item for key, item in value.items()}
    return {
        key: to_model(model, members[key]["shape"], item) if key in members else item for key, item in given.items()
    }


def _list_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return [to_model(model, spec["member"]["shape"], item) for item in value] if isinstance(value, list) else value


def _map_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: to_model(model, spec["value"]["shape"], item) for key, item in value.items()}


def _string_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, (dict, list)) else value


def _blob_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def _timestamp_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value
    except ValueError:
        return value


def _as_is(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return value


_TO = {
    "structure": _structure_to,
    "list": _list_to,
    "map": _map_to,
    "string": _string_to,
    "blob": _blob_to,
    "timestamp": _timestamp_to,
}
