"""Instances: registered, deregistered, and healthy or not.

Health checks of Route 53 are not made: an instance whose service asks for one is of UNKNOWN health, and answers.
Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html
"""

from collections.abc import Iterable

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.servicediscovery import instance_attributes, operations, store
from penstock.services.servicediscovery.errors import not_found
from penstock.services.servicediscovery.pages import page
from penstock.services.servicediscovery.state import Instance, MapService, service_of, state
from penstock.wire.model import Json

MAX_INSTANCES = 1000  # of one service; the quota cannot be raised


def register_instance(ctx: Context, request: Json) -> Json:
    service, id, attributes = service_of(ctx, request["ServiceId"]), request["InstanceId"], request["Attributes"]
    instance_attributes.check(service, attributes)
    if id not in service.instances and len(service.instances) >= MAX_INSTANCES:
        message = f"The maximum number of instances per service ({MAX_INSTANCES}) has been reached"
        raise AwsError("ResourceLimitExceeded", message)
    document = {
        "CreatorRequestId": request.get("CreatorRequestId") or ids.uuid(),
        "Attributes": attributes,
        "CreatedByAccount": ctx.account,
    }
    health = attributes.get(instance_attributes.INITIAL_HEALTH, "HEALTHY") if service.has_custom_health else "UNKNOWN"
    ctx.store.run(store.PUT_INSTANCE, service.arn, id, orjson.dumps(document).decode(), health)
    return _changed(ctx, service, id, "REGISTER_INSTANCE")


def deregister_instance(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["ServiceId"])
    instance = _instance(service, request["InstanceId"])
    ctx.store.run(store.DELETE_INSTANCE, service.arn, instance.id)
    return _changed(ctx, service, instance.id, "DEREGISTER_INSTANCE")


def get_instance(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["ServiceId"])
    instance = _instance(service, request["InstanceId"])
    return {"ResourceOwner": ctx.account, "Instance": {"Id": instance.id, **instance.document}}


def list_instances(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["ServiceId"])
    found, token = page(_in_order(service.instances.values()), request)
    summaries = [_summary(instance) for instance in found]
    return {"ResourceOwner": ctx.account, "Instances": summaries, **token}


def get_instances_health_status(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["ServiceId"])
    wanted = request.get("Instances")
    instances = service.instances.values() if wanted is None else [_instance(service, id) for id in wanted]
    found, token = page(_in_order(instances), request)
    return {"Status": {instance.id: instance.health for instance in found}, **token}


def update_instance_custom_health_status(ctx: Context, request: Json) -> Json:
    """Reflected at once, by names too. It is no change of the instances' revision."""
    service = service_of(ctx, request["ServiceId"])
    instance = _instance(service, request["InstanceId"])
    if not service.has_custom_health:
        message = f"The health check for instance {instance.id} of service {service.id} isn't a custom health check."
        raise AwsError("CustomHealthNotFound", message)
    if instance.health != request["Status"]:
        ctx.store.run(store.SET_HEALTH, request["Status"], service.arn, instance.id)
        state(ctx).refresh_instance(service, instance.id)
    return {}


def _instance(service: MapService, id: str) -> Instance:
    found = service.instances.get(id)
    if found is None:
        raise not_found("InstanceNotFound", id)
    return found


def _in_order(instances: Iterable[Instance]) -> list[Instance]:
    return sorted(instances, key=lambda instance: instance.number)


def _summary(instance: Instance) -> Json:
    return {"Id": instance.id, **{k: v for k, v in instance.document.items() if k != "CreatorRequestId"}}


def _changed(ctx: Context, service: MapService, id: str, type: str) -> Json:
    ctx.store.run(store.RAISE_REVISION, service.arn)
    state(ctx).refresh_service(service.arn)
    state(ctx).refresh_instance(service, id)
    return operations.record(ctx, service.namespace.arn, type, SERVICE=service.id, INSTANCE=id)
