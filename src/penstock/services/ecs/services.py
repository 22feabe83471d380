"""Services: create, describe, list, update, delete.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
"""

from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import clusters, connect, definitions, names, notices, placement, revisions, store
from penstock.services.ecs import service_checks as checks
from penstock.services.ecs.engine import engine
from penstock.services.ecs.errors import failure, invalid, no_service
from penstock.services.ecs.keeper import ServiceKeeper
from penstock.services.ecs.store import DOCUMENTS
from penstock.services.ecs.tags import check_tags
from penstock.wire.model import Json

MAX_DESCRIBED = 10
_PAGE = 10
_MACHINES = 1  # on each of which a DAEMON service has its task
_PENDING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})
# What makes a new deployment when it changes; the rest takes effect on what runs.
_DEPLOYED = (
    "capacityProviderStrategy",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "loadBalancers",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "propagateTags",
    "serviceConnectConfiguration",
    "serviceRegistries",
)
_OF_DEPLOYMENTS = ("serviceConnectConfiguration", "serviceConnectResources")  # which alone show them
_PLACING = frozenset({"capacityProviderStrategy", "networkConfiguration", "platformVersion", "taskDefinition"})
_SETTINGS = ("availabilityZoneRebalancing", "healthCheckGracePeriodSeconds")
_DEFAULTS: Json = {
    "availabilityZoneRebalancing": "DISABLED",
    "deploymentController": {"type": "ECS"},
    "desiredCount": 0,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "loadBalancers": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "propagateTags": "NONE",
    "resourceManagementType": "CUSTOMER",
    "schedulingStrategy": "REPLICA",
    "serviceRegistries": [],
    "tags": [],
}
_LINKED_ROLE = "arn:aws:iam::{}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


def create_service(ctx: Context, request: Json) -> Json:
    checks.check_name(request["serviceName"])
    cluster = clusters.active(ctx, request.get("cluster"))
    checks.check_supported(request)
    if "taskDefinition" not in request:
        raise invalid("TaskDefinition can not be blank.")
    known = _known(ctx, cluster, request)
    if known is not None:
        return {"service": shown(ctx, known)}
    definition = definitions.runnable(ctx, request["taskDefinition"])
    plan = placement.wanted(ctx, cluster, definition, request)
    checks.check_scheduling(request, plan.launch_type)
    checks.check_load_balancers(ctx, request, definition)
    checks.check_registries(ctx, request, definition)
    check_tags(request.get("tags", ()))
    if request.get("desiredCount", 0) < 0:
        raise invalid("desiredCount cannot be negative.")
    service = _document(ctx, request, plan)
    if "serviceConnectConfiguration" in request:
        connect.configure(ctx, cluster, service, request["serviceConnectConfiguration"], definition)
    revisions.begin(ctx, service)
    _put(ctx, service)
    ctx.store.after_commit(lambda: keep(ctx, service["serviceArn"]))
    return {"service": shown(ctx, service, ["TAGS"])}


def _known(ctx: Context, cluster: Json, request: Json) -> Json | None:
    """The service that the same request with the same client token has made. Raises for any other of the name."""
    found = DOCUMENTS.get(ctx.store, cluster["clusterArn"], "service", request["serviceName"])
    if found is None or found["status"] == "INACTIVE":
        return None
    if found["status"] == "DRAINING":
        raise invalid("Unable to Start a service that is still Draining.")
    if not request.get("clientToken") or found.get("_client_token") != request["clientToken"]:
        raise invalid("Creation of service was not idempotent.")
    return found


def _document(ctx: Context, request: Json, plan: placement.Wanted) -> Json:
    cluster, name = plan.cluster["clusterArn"], request["serviceName"]
    service: Json = _DEFAULTS | {member: request[member] for member in _DEFAULTS if member in request}
    service |= {
        "serviceArn": names.below(cluster, "service", name),
        "serviceName": name,
        "clusterArn": cluster,
        "status": "ACTIVE",
        "taskDefinition": plan.definition["taskDefinitionArn"],
        "deployments": [],
        "createdAt": ctx.clock.now(),
        "createdBy": ctx.principal.arn,
        "_launch_type": plan.launch_type,
        "_client_token": request.get("clientToken", ""),
    }
    configuration, scheduling = request.get("deploymentConfiguration", {}), service["schedulingStrategy"]
    service["deploymentConfiguration"] = checks.deployment_configuration(configuration, scheduling)
    if scheduling == "DAEMON":
        service["desiredCount"] = _MACHINES
    if plan.strategy:
        service["capacityProviderStrategy"] = plan.strategy
    else:
        service["launchType"] = plan.launch_type
    if plan.launch_type == "FARGATE":
        service |= {"platformVersion": plan.platform or "LATEST", "platformFamily": "Linux"}
    if plan.network is not None:
        service["networkConfiguration"] = _network(plan.network)
    if service["loadBalancers"]:
        service["healthCheckGracePeriodSeconds"] = request.get("healthCheckGracePeriodSeconds", 0)
        service["roleArn"] = _LINKED_ROLE.format(ctx.account)
    if request.get("role"):
        service["roleArn"] = request["role"]
    return service


def _network(given: Json) -> Json:
    return {"awsvpcConfiguration": {"assignPublicIp": "DISABLED", **given["awsvpcConfiguration"]}}


def update_service(ctx: Context, request: Json) -> Json:
    checks.check_supported(request)
    cluster = clusters.active(ctx, _cluster(request))
    service = find(ctx, cluster, request["service"])
    if service is None:
        raise no_service()
    if service["status"] != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    before = dict(service)
    _change(ctx, cluster, service, request)
    changed = any(service.get(member) != before.get(member) for member in ("taskDefinition", *_DEPLOYED))
    if changed or request.get("forceNewDeployment"):
        revisions.begin(ctx, service)
    else:
        service["deployments"][0] |= {"desiredCount": service["desiredCount"], "updatedAt": ctx.clock.now()}
    _put(ctx, service)
    ctx.store.after_commit(lambda: engine(ctx).wake(service["serviceArn"]))
    return {"service": shown(ctx, service, ["TAGS"])}


def _change(ctx: Context, cluster: Json, service: Json, request: Json) -> None:
    definition = definitions.lookup(ctx, service["taskDefinition"])
    if "taskDefinition" in request:
        definition = definitions.runnable(ctx, request["taskDefinition"])
        service["taskDefinition"] = definition["taskDefinitionArn"]
    assert definition is not None
    asked = {member: request[member] for member in (*_DEPLOYED, *_SETTINGS) if member in request}
    connected = asked.pop("serviceConnectConfiguration", None)
    if connected is not None:
        connect.configure(ctx, cluster, service, connected, definition)
    elif service.get("serviceConnectResources"):
        connect.check(service["serviceConnectConfiguration"], definition)
    if "networkConfiguration" in asked:
        asked["networkConfiguration"] = _network(asked["networkConfiguration"])
    service.update(asked)
    if "capacityProviderStrategy" in asked:
        service.pop("launchType", None)
    if _PLACING & request.keys():
        placement.wanted(ctx, cluster, definition, _placed(service))
    if {"loadBalancers", "taskDefinition", "healthCheckGracePeriodSeconds"} & request.keys():
        checks.check_load_balancers(ctx, service, definition)
    if {"serviceRegistries", "taskDefinition"} & request.keys():
        checks.check_registries(ctx, service, definition)
    if service["loadBalancers"]:
        service.setdefault("healthCheckGracePeriodSeconds", 0)
    if (count := request.get("desiredCount")) is not None and service["schedulingStrategy"] == "REPLICA":
        if count < 0:
            raise invalid("desiredCount cannot be negative.")
        service["desiredCount"] = count
    if "deploymentConfiguration" in request:
        merged = service["deploymentConfiguration"] | request["deploymentConfiguration"]
        service["deploymentConfiguration"] = checks.deployment_configuration(merged, service["schedulingStrategy"])


def _placed(service: Json) -> Json:
    members = ("launchType", "capacityProviderStrategy", "networkConfiguration", "platformVersion")
    return {member: service[member] for member in members if member in service}


def delete_service(ctx: Context, request: Json) -> Json:
    """A service is DRAINING until its tasks have stopped, and INACTIVE from then on."""
    cluster = clusters.lookup(ctx, _cluster(request))
    service = find(ctx, cluster, request["service"])
    if service is None or service["status"] == "INACTIVE":
        raise no_service()
    scaled = service["desiredCount"] > 0 and service["schedulingStrategy"] == "REPLICA"
    if scaled and not request.get("force"):
        raise invalid("The service cannot be stopped while it is scaled above 0.")
    service.update(status="DRAINING", desiredCount=0)
    for deployment in service["deployments"]:
        deployment["desiredCount"] = 0
    _put(ctx, service)
    ctx.store.after_commit(lambda: engine(ctx).wake(service["serviceArn"]))
    return {"service": shown(ctx, service, ["TAGS"])}


def describe_services(ctx: Context, request: Json) -> Json:
    wanted = request["services"]
    cluster = clusters.lookup(ctx, request.get("cluster"))
    if not wanted:
        raise invalid("Services cannot be empty.")
    if len(wanted) > MAX_DESCRIBED:
        raise invalid(f"Services can have at most {MAX_DESCRIBED} items.")
    found, failures = [], []
    for text in wanted:
        service = find(ctx, cluster, text)
        if service is None:
            failures.append(failure(text if text.startswith("arn:") else names.arn_of(ctx, f"service/{text}")))
        else:
            found.append(shown(ctx, service, request.get("include", [])))
    return {"services": found, "failures": failures}


def list_services(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    launch, scheduling = request.get("launchType"), request.get("schedulingStrategy")
    arns = [
        service["serviceArn"]
        for service in DOCUMENTS.all(ctx.store, cluster["clusterArn"], "service")
        if service["status"] != "INACTIVE"
        and launch in (None, service.get("launchType"))
        and scheduling in (None, service["schedulingStrategy"])
    ]
    return names.page({"maxResults": _PAGE, **request}, "serviceArns", sorted(arns), str)


def list_services_by_namespace(ctx: Context, request: Json) -> Json:
    """Those of Service Connect, in every cluster of the account."""
    wanted = request["namespace"]
    namespace = connect.namespace_arn(ctx, wanted)
    arns = [
        service["serviceArn"]
        for cluster in DOCUMENTS.all(ctx.store, names.scope(ctx), "cluster")
        for service in DOCUMENTS.all(ctx.store, cluster["clusterArn"], "service")
        if service["status"] != "INACTIVE" and service.get("_namespace") == namespace
    ]
    return names.page({"maxResults": _PAGE, **request}, "serviceArns", sorted(arns), str)


# -- find and show -------------------------------------------------------------------------------------


def _cluster(request: Json) -> str | None:
    """The cluster that is named, else that of the service's ARN."""
    named: str | None = request.get("cluster")
    return named or names.cluster_of_any(request["service"])


def find(ctx: Context, cluster: Json, text: str) -> Json | None:
    return DOCUMENTS.get(ctx.store, cluster["clusterArn"], "service", names.last(text))


def _put(ctx: Context, service: Json) -> None:
    DOCUMENTS.put(ctx.store, service["clusterArn"], "service", service["serviceName"], service)
    ctx.store.after_commit(lambda: ctx.signals.notify(("ecs", service["serviceArn"])))


def shown(ctx: Context, service: Json, include: Any = ()) -> Json:
    """As AWS describes it: with its events, and with the tasks of each deployment counted."""
    tasks = store.documents(ctx.store, store.SERVICE_TASKS, service["serviceArn"])
    described = store.public(service, *_OF_DEPLOYMENTS) | _counts(tasks)
    described["deployments"] = [
        store.public(deployment) | _counts([task for task in tasks if task.get("startedBy") == deployment["id"]])
        for deployment in service["deployments"]
    ]
    described["events"] = notices.said(ctx, service["serviceArn"])
    current = next(iter(service["deployments"]), None)
    if current is not None:
        counts = _counts([task for task in tasks if task.get("startedBy") == current["id"]])
        summary = {"arn": current["_revision"], "requestedTaskCount": service["desiredCount"]}
        summary |= {"runningTaskCount": counts["runningCount"], "pendingTaskCount": counts["pendingCount"]}
        described["currentServiceRevisions"] = [summary]
    return described if "TAGS" in include else {**described, "tags": []}


def _counts(tasks: list[Json]) -> Json:
    wanted = [task for task in tasks if task["desiredStatus"] == "RUNNING"]
    return {
        "runningCount": sum(task["lastStatus"] == "RUNNING" for task in wanted),
        "pendingCount": sum(task["lastStatus"] in _PENDING for task in wanted),
    }


def keep(ctx: Context, service_arn: str) -> None:
    """Gives the service its keeper; a new service may still have that of the former one of its name."""
    known = engine(ctx).keepers.get(service_arn)
    if known is not None:
        known.wake()
    else:
        ServiceKeeper(engine(ctx), service_arn).start()
