"""What ECS tells: events to EventBridge's default bus, and the messages that a service shows as its `events`.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html
"""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.ecs import names, store
from penstock.services.ecs.engine import SERVICE
from penstock.wire.model import Json

log = logging.getLogger("penstock")


def task_changed(ctx: Context, task: Json) -> None:
    detail = store.public(task, "tags") | {"updatedAt": ctx.clock.now()}
    _emit(ctx, "ECS Task State Change", task["taskArn"], detail)


def service_action(ctx: Context, service: Json, name: str, kind: str = "INFO", **more: Any) -> None:
    detail = {"eventType": kind, "eventName": name, "clusterArn": service["clusterArn"], "createdAt": ctx.clock.now()}
    _emit(ctx, "ECS Service Action", service["serviceArn"], detail | more)


def deployment_changed(ctx: Context, service: Json, deployment: Json, name: str, kind: str = "INFO") -> None:
    detail = {
        "eventType": kind,
        "eventName": name,
        "deploymentId": deployment["id"],
        "updatedAt": ctx.clock.now(),
        "reason": deployment["rolloutStateReason"],
    }
    _emit(ctx, "ECS Deployment State Change", service["serviceArn"], detail)


def _emit(ctx: Context, detail_type: str, resource: str, detail: Json) -> None:
    if not ctx.kernel.at_work("events"):  # nobody has ever made a rule
        return
    text = orjson.dumps(_dated(detail)).decode()
    entry = {"Source": "aws.ecs", "DetailType": detail_type, "Resources": [resource], "Detail": text}
    try:
        principal = Principal.service(SERVICE, ctx.account)
        ctx.call_now("events", "PutEvents", {"Entries": [entry]}, principal=principal)
    except AwsError as error:
        log.warning("The event %s of %s was not accepted: %s", detail_type, resource, error)


def _dated(node: Any) -> Any:
    """Timestamps as events have them: 2026-11-21T01:40:00.123Z."""
    if isinstance(node, dict):
        return {key: _iso(value) if key.endswith("At") else _dated(value) for key, value in node.items()}
    return [_dated(item) for item in node] if isinstance(node, list) else node


def _iso(value: Any) -> Any:
    if not isinstance(value, (int, float)):
        return value
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def say(ctx: Context, service_arn: str, *messages: str) -> None:
    """Adds to the service's events: `(service x) <message>`."""
    name, now = names.last(service_arn), ctx.clock.now()
    store.add_events(ctx.store, service_arn, [(ids.uuid(), now, f"(service {name}) {message}") for message in messages])


def said(ctx: Context, service_arn: str) -> list[Json]:
    """The last hundred, the latest first."""
    rows = ctx.store.all(store.EVENTS, service_arn)
    return [{"id": id, "createdAt": created, "message": message} for id, created, message in rows]


def tasks_named(tasks: list[Json]) -> str:
    return " ".join(f"(task {names.last(task['taskArn'])})" for task in tasks)
