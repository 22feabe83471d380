"""Which AWS services a workload's own code calls, by what its role is granted. Pure.

What Lambda itself does with a function's role is not the code's: polling event sources, sending to dead-letter queues
and destinations, writing logs. A grant of everything (`*`) says nothing about what is called.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from penstock.template.reachability.workloads import FUNCTION, Workload
from penstock.template.reachability.world import Thing, World

_ROLE, _ALIAS, _VERSION = "AWS::IAM::Role", "AWS::Lambda::Alias", "AWS::Lambda::Version"


@dataclass(frozen=True, slots=True)
class Called:
    """An AWS service, and the VPC endpoints any of which leads to it."""

    name: str
    endpoints: tuple[str, ...]


# By the prefix of IAM actions: the service, and the actions that code calls.
_CALLED: dict[str, tuple[Called, tuple[str, ...]]] = {
    "dynamodb": (
        Called("DynamoDB", ("dynamodb",)),
        ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem"),
    ),
    "ecs": (Called("ECS", ("ecs",)), ("RunTask",)),
    "events": (Called("EventBridge", ("events",)), ("PutEvents",)),
    "firehose": (Called("Firehose", ("kinesis-firehose",)), ("PutRecord", "PutRecordBatch")),
    "kinesis": (Called("Kinesis", ("kinesis-streams",)), ("PutRecord", "PutRecords", "GetRecords")),
    "lambda": (Called("Lambda", ("lambda",)), ("InvokeFunction",)),
    "s3": (Called("S3", ("s3",)), ("GetObject", "PutObject", "DeleteObject", "ListBucket")),
    "secretsmanager": (Called("Secrets Manager", ("secretsmanager",)), ("GetSecretValue",)),
    "servicediscovery": (
        Called("Cloud Map", ("servicediscovery", "data-servicediscovery")),
        ("DiscoverInstances",),
    ),
    "sns": (Called("SNS", ("sns",)), ("Publish",)),
    "sqs": (Called("SQS", ("sqs",)), ("SendMessage", "ReceiveMessage")),
    "ssm": (Called("SSM", ("ssm",)), ("GetParameter", "GetParameters", "GetParametersByPath", "PutParameter")),
    "states": (
        Called("Step Functions", ("states", "sync-states")),
        ("StartExecution", "StartSyncExecution", "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"),
    ),
    "sts": (Called("STS", ("sts",)), ("AssumeRole",)),
}
_POLLED = ("sqs:ReceiveMessage", "kinesis:GetRecords")


@dataclass(frozen=True, slots=True)
class _Grant:
    action: str  # as granted, with its wildcards
    resources: tuple[Any, ...]


def called(world: World, workload: Workload, role: Any) -> list[Called]:
    """What the code of a workload calls, in the order of the grants. Nothing where the role is not known."""
    found = world.of(role, _ROLE)
    if found is None:
        return []
    own = _Own(world, workload.thing)
    services = [service for grant in _grants(world, found) for service in own.calls(grant)]
    return list(dict.fromkeys(services))


class _Own:
    """What Lambda does with a function's role."""

    def __init__(self, world: World, function: Thing) -> None:
        self._world = world
        self._sources: list[Any] = []  # of its event source mappings
        self._targets: list[Any] = [function.get("DeadLetterConfig", "TargetArn")]
        for thing in world.all("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"):
            if _function_of(world, thing.get("FunctionName")) in (function, None):
                self._sources.append(thing.get("EventSourceArn"))
                for case in ("OnSuccess", "OnFailure"):
                    self._targets.append(thing.get("DestinationConfig", case, "Destination"))

    def calls(self, grant: _Grant) -> Iterator[Called]:
        prefix, _, pattern = grant.action.partition(":")
        service, actions = _CALLED.get(prefix, (None, ()))
        if service is None:
            return
        # Of the resources, one that only Lambda uses does not count; where all can be meant, its use is not the code's.
        if grant.resources and all(self._is_among(resource, self._targets) for resource in grant.resources):
            return
        for action in actions:
            if fnmatchcase(action.lower(), pattern.lower()) and not self._is_polling(f"{prefix}:{action}", grant):
                yield service
                return

    def _is_polling(self, action: str, grant: _Grant) -> bool:
        if action not in _POLLED or not any(self._sources):
            return False
        return all(self._is_among(resource, self._sources) for resource in grant.resources)

    def _is_among(self, resource: Any, values: list[Any]) -> bool:
        """Whether a granted resource is one of these; one that is not known may be any."""
        thing = self._thing(resource)
        return any(thing is None or self._thing(value) in (thing, None) for value in values if value is not None)

    def _thing(self, value: Any) -> str | None:
        """What tells a resource from others: its text up to a wildcard, None where that is not known."""
        if not isinstance(value, str) or value == "*" or "{{unknown}}" in value:
            return None
        return value.removesuffix("/*").removesuffix("*")


def _function_of(world: World, value: Any) -> Thing | None:
    """The function that an event source mapping names, also by an alias or a version."""
    found = world.of(value, FUNCTION, _ALIAS, _VERSION)
    if found is None or found.type == FUNCTION:
        return found
    return _function_of(world, found.get("FunctionName"))


def _grants(world: World, role: Thing) -> Iterator[_Grant]:
    for document in _documents(world, role):
        statements = document.get("Statement") if isinstance(document, dict) else None
        for statement in statements if isinstance(statements, list) else [statements]:
            if isinstance(statement, dict) and statement.get("Effect") == "Allow":
                resources = tuple(_list(statement.get("Resource")))
                for action in _list(statement.get("Action")):
                    yield _Grant(str(action), resources)


def _documents(world: World, role: Thing) -> Iterator[Any]:
    for policy in role.items("Policies"):
        yield policy.get("PolicyDocument") if isinstance(policy, dict) else None
    for thing in world.all("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if any(world.of(value, _ROLE) is role for value in thing.items("Roles")):
            yield thing.get("PolicyDocument")
    for thing in world.all("AWS::IAM::RolePolicy"):
        if world.of(thing.get("RoleName"), _ROLE) is role:
            yield thing.get("PolicyDocument")
    managed = world.each(role.items("ManagedPolicyArns"), "AWS::IAM::ManagedPolicy") or ()
    for thing in managed:
        yield thing.get("PolicyDocument")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
