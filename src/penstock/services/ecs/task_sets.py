"""Task sets belong to external deployment controllers, which do not run here: every service answers as ECS's own do.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-external.html
"""

from typing import NoReturn

from penstock.call import Context
from penstock.services.ecs import clusters, services
from penstock.services.ecs.errors import invalid, no_service
from penstock.wire.model import Json

_ELSEWHERE = (
    "Amazon ECS only supports task set management on services configured to use external deployment controllers."
)


def _refuse(ctx: Context, request: Json) -> NoReturn:
    """Raises ClusterNotFoundException, ServiceNotFoundException, InvalidParameterException."""
    if services.find(ctx, clusters.lookup(ctx, request["cluster"]), request["service"]) is None:
        raise no_service()
    raise invalid(_ELSEWHERE)


def create_task_set(ctx: Context, request: Json) -> Json:
    _refuse(ctx, request)


def delete_task_set(ctx: Context, request: Json) -> Json:
    _refuse(ctx, request)


def describe_task_sets(ctx: Context, request: Json) -> Json:
    _refuse(ctx, request)


def update_task_set(ctx: Context, request: Json) -> Json:
    _refuse(ctx, request)


def update_service_primary_task_set(ctx: Context, request: Json) -> Json:
    _refuse(ctx, request)
