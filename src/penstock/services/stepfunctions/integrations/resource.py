"""A Task's `Resource`: which operation of which service it means, and how its end is known. Pure."""

import re
from functools import lru_cache
from typing import NamedTuple

from penstock.delivery.sdk import service_of

REQUEST = ""
SYNC = ".sync"
SYNC_2 = ".sync:2"
TOKEN = ".waitForTaskToken"

_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:.+")
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[\w-]+:\d{12}:activity:.+")
_SERVICE = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:(aws-sdk:)?(\w+):(\w+)(\.sync:2|\.sync|\.waitForTaskToken)?")

# Optimized integrations: (service, operation) -> botocore's service, operation, the patterns, prefix of error names.
OPTIMIZED: dict[tuple[str, str], tuple[str, str, frozenset[str], str]] = {
    ("lambda", "invoke"): ("lambda", "Invoke", frozenset({REQUEST, TOKEN}), "Lambda"),
    ("sqs", "sendMessage"): ("sqs", "SendMessage", frozenset({REQUEST, TOKEN}), "SQS"),
    ("sns", "publish"): ("sns", "Publish", frozenset({REQUEST, TOKEN}), "SNS"),
    ("events", "putEvents"): ("events", "PutEvents", frozenset({REQUEST, TOKEN}), "EventBridge"),
    ("dynamodb", "getItem"): ("dynamodb", "GetItem", frozenset({REQUEST}), "DynamoDB"),
    ("dynamodb", "putItem"): ("dynamodb", "PutItem", frozenset({REQUEST}), "DynamoDB"),
    ("dynamodb", "updateItem"): ("dynamodb", "UpdateItem", frozenset({REQUEST}), "DynamoDB"),
    ("dynamodb", "deleteItem"): ("dynamodb", "DeleteItem", frozenset({REQUEST}), "DynamoDB"),
    ("states", "startExecution"): (
        "stepfunctions",
        "StartExecution",
        frozenset({REQUEST, SYNC, SYNC_2, TOKEN}),
        "StepFunctions",
    ),
    ("ecs", "runTask"): ("ecs", "RunTask", frozenset({REQUEST, SYNC, TOKEN}), "ECS"),
    ("apigateway", "invoke"): ("apigateway", "Invoke", frozenset({REQUEST, TOKEN}), "ApiGateway"),
    ("http", "invoke"): ("http", "Invoke", frozenset({REQUEST}), "States.Http.StatusCode"),
}
_BY_HTTP = frozenset({"apigateway", "http"})


class Target(NamedTuple):
    """`kind` is `function`, `activity`, `optimized`, `http` or `sdk`; service and operation are botocore's."""

    kind: str
    arn: str
    resource_type: str
    resource: str
    service: str
    operation: str
    pattern: str
    prefix: str


@lru_cache(maxsize=1024)
def parse(text: str) -> Target:
    """Raises ValueError for a resource that cannot be called here."""
    if _FUNCTION.fullmatch(text):
        return Target("function", text, "lambda", text, "lambda", "Invoke", REQUEST, "Lambda")
    if _ACTIVITY.fullmatch(text):
        return Target("activity", text, "activity", text, "", "", TOKEN, "")
    match = _SERVICE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sdk, service, operation, pattern = match[1], match[2], match[3], match[4] or REQUEST
    resource = f"{operation}{pattern}"
    if sdk:
        if pattern not in (REQUEST, TOKEN):
            raise ValueError(text)
        name = operation[0].upper() + operation[1:]
        return Target("sdk", text, f"aws-sdk:{service}", resource, service_of(service), name, pattern, service)
    known = OPTIMIZED.get((service, operation))
    if known is None or pattern not in known[2]:
        raise ValueError(text)
    kind = "http" if service in _BY_HTTP else "optimized"
    return Target(kind, text, service, resource, known[0], known[1], pattern, known[3])
