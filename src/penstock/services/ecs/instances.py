"""Container instances and attributes: records. Whatever instance a task is placed on, it runs on this machine.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html
"""

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import clusters, names, store
from penstock.services.ecs.errors import client, failure, invalid, unsupported
from penstock.services.ecs.store import DOCUMENTS
from penstock.services.ecs.tags import check_tags
from penstock.wire.model import Json

_RESOURCES: tuple[Json, ...] = (
    {"name": "CPU", "type": "INTEGER", "doubleValue": 0.0, "longValue": 0, "integerValue": 4096},
    {"name": "MEMORY", "type": "INTEGER", "doubleValue": 0.0, "longValue": 0, "integerValue": 7482},
    {"name": "PORTS", "type": "STRINGSET", "doubleValue": 0.0, "longValue": 0, "integerValue": 0}
    | {"stringSetValue": ["22", "2376", "2375", "51678", "51679"]},
    {"name": "PORTS_UDP", "type": "STRINGSET", "doubleValue": 0.0, "longValue": 0, "integerValue": 0}
    | {"stringSetValue": []},
)
_STATES = ("ACTIVE", "DRAINING")


def register_container_instance(ctx: Context, request: Json) -> Json:
    cluster = clusters.active(ctx, request.get("cluster"))
    check_tags(request.get("tags", ()))
    id = ids.hex_id(32)
    resources = request.get("totalResources") or list(_RESOURCES)
    instance: Json = {
        "containerInstanceArn": names.below(cluster["clusterArn"], "container-instance", id),
        "ec2InstanceId": _instance_id(request.get("instanceIdentityDocument")),
        "version": 1,
        "versionInfo": request.get("versionInfo", {}),
        "remainingResources": resources,
        "registeredResources": resources,
        "status": "ACTIVE",
        "agentConnected": True,
        "attributes": request.get("attributes", []),
        "registeredAt": ctx.clock.now(),
        "attachments": [],
        "tags": request.get("tags", []),
    }
    _put(ctx, instance)
    return {"containerInstance": _shown(ctx, instance, ["TAGS"])}


def _instance_id(document: str | None) -> str:
    try:
        found = orjson.loads(document or "{}")
    except orjson.JSONDecodeError:
        raise client("The instance identity document is not valid JSON.") from None
    return str(found.get("instanceId") or found.get("instance-id") or f"i-{ids.hex_id(17)}")


def describe_container_instances(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    if not request["containerInstances"]:
        raise client("Container Instances cannot be empty.")
    found, failures = _split(ctx, cluster, request["containerInstances"])
    return {
        "containerInstances": [_shown(ctx, item, request.get("include", [])) for item in found],
        "failures": failures,
    }


def list_container_instances(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    if request.get("filter"):
        raise unsupported("the cluster query language (filter)")
    status = request.get("status")
    every = DOCUMENTS.all(ctx.store, cluster["clusterArn"], "instance")
    arns = [item["containerInstanceArn"] for item in every if status in (None, item["status"])]
    return names.page(request, "containerInstanceArns", arns, str)


def update_container_instances_state(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    if request["status"] not in _STATES:
        raise invalid("Container instances status should be one of [ACTIVE, DRAINING]")
    found, failures = _split(ctx, cluster, request["containerInstances"])
    for instance in found:
        instance["status"] = request["status"]
        instance["version"] += 1
        _put(ctx, instance)
    return {"containerInstances": [_shown(ctx, item, ["TAGS"]) for item in found], "failures": failures}


def deregister_container_instance(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    found, _ = _split(ctx, cluster, [request["containerInstance"]])
    if not found:
        raise invalid("Referenced container instance not found.")
    shown = _shown(ctx, found[0], ["TAGS"])
    if shown["runningTasksCount"] + shown["pendingTasksCount"] and not request.get("force"):
        raise invalid("Found running tasks on the instance.")
    arn = shown["containerInstanceArn"]
    DOCUMENTS.delete(ctx.store, cluster["clusterArn"], "instance", names.last(arn))
    return {"containerInstance": {**shown, "status": "INACTIVE", "agentConnected": False}}


def of_tasks(ctx: Context, cluster: Json, wanted: list[str]) -> tuple[list[Json], list[Json]]:
    """The instances that StartTask names, and failures for those that are not there."""
    return _split(ctx, cluster, wanted)


def _split(ctx: Context, cluster: Json, wanted: list[str]) -> tuple[list[Json], list[Json]]:
    found, failures = [], []
    for item in wanted:
        instance = DOCUMENTS.get(ctx.store, cluster["clusterArn"], "instance", names.last(item))
        if instance is None:
            failures.append(failure(names.below(cluster["clusterArn"], "container-instance", names.last(item))))
        else:
            found.append(instance)
    return found, failures


def _put(ctx: Context, instance: Json) -> None:
    arn = instance["containerInstanceArn"]
    owner = names.cluster_arn(ctx, names.cluster_of(arn))
    DOCUMENTS.put(ctx.store, owner, "instance", names.last(arn), instance)


def _shown(ctx: Context, instance: Json, include: list[str]) -> Json:
    arn = instance["containerInstanceArn"]
    owner = names.cluster_arn(ctx, names.cluster_of(arn))
    tasks = store.documents(ctx.store, store.CLUSTER_TASKS, owner, "RUNNING")
    mine = [task["lastStatus"] == "RUNNING" for task in tasks if task.get("containerInstanceArn") == arn]
    counts = {"runningTasksCount": sum(mine), "pendingTasksCount": len(mine) - sum(mine)}
    return {**instance, **counts} | ({} if "TAGS" in include else {"tags": []})


# -- attributes ----------------------------------------------------------------------------------------


def put_attributes(ctx: Context, request: Json) -> Json:
    if not request["attributes"]:
        raise invalid("attributes can not be empty")
    return {"attributes": [_change(ctx, request, wanted, keep=True) for wanted in request["attributes"]]}


def delete_attributes(ctx: Context, request: Json) -> Json:
    return {"attributes": [_change(ctx, request, wanted, keep=False) for wanted in request["attributes"]]}


def _change(ctx: Context, request: Json, wanted: Json, *, keep: bool) -> Json:
    cluster = clusters.active(ctx, request.get("cluster"))
    target = names.last(wanted.get("targetId", ""))
    instance = DOCUMENTS.get(ctx.store, cluster["clusterArn"], "instance", target)
    if instance is None:
        raise AwsError("TargetNotFoundException", f"Could not find {wanted.get('targetId', '')}")
    others = [item for item in instance["attributes"] if item["name"] != wanted["name"]]
    own: Json = {key: wanted[key] for key in ("name", "value") if key in wanted}
    instance["attributes"] = [*others, own] if keep else others
    _put(ctx, instance)
    return {**own, "targetType": "container-instance", "targetId": instance["containerInstanceArn"]}


def list_attributes(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    name, value = request.get("attributeName"), request.get("attributeValue")
    found = [
        {**item, "targetId": instance["containerInstanceArn"]}
        for instance in DOCUMENTS.all(ctx.store, cluster["clusterArn"], "instance")
        for item in instance["attributes"]
        if name in (None, item["name"]) and value in (None, item.get("value"))
    ]
    return names.page(request, "attributes", found, lambda item: f"{item['targetId']}|{item['name']}")
