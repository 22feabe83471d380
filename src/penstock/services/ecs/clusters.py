"""Clusters. Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html"""

from collections import Counter

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import capacity, connect, names, store
from penstock.services.ecs.errors import failure, invalid, no_cluster
from penstock.services.ecs.store import DOCUMENTS
from penstock.services.ecs.tags import check_tags
from penstock.wire.model import Json

_PENDING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})
_INSIGHTS = ("enabled", "disabled", "enhanced")
_BUSY = (
    ("registeredContainerInstancesCount", "ContainerInstances", "Container Instances are active or draining"),
    ("activeServicesCount", "Services", "Services are active"),
    ("runningTasksCount", "Tasks", "Tasks are active"),
    ("pendingTasksCount", "Tasks", "Tasks are active"),
)
_INCLUDED = {"CONFIGURATIONS": "configuration", "SETTINGS": "settings", "STATISTICS": "statistics", "TAGS": "tags"}


def create_cluster(ctx: Context, request: Json) -> Json:
    name = request.get("clusterName") or names.DEFAULT_CLUSTER
    if not names.NAME.fullmatch(name):
        raise invalid("Cluster name contains invalid characters.")
    check_tags(request.get("tags", ()))
    providers = request.get("capacityProviders", [])
    strategy = request.get("defaultCapacityProviderStrategy", [])
    capacity.check_providers(ctx, providers, strategy)
    known = DOCUMENTS.get(ctx.store, names.scope(ctx), "cluster", name)
    if known is not None and known["status"] == "ACTIVE":
        return {"cluster": describe(ctx, known, ["SETTINGS", "TAGS", "CONFIGURATIONS"])}
    cluster: Json = {
        "clusterArn": names.cluster_arn(ctx, name),
        "clusterName": name,
        "status": "ACTIVE",
        "tags": request.get("tags", []),
        "settings": _settings(request.get("settings", [])),
        "capacityProviders": providers,
        "defaultCapacityProviderStrategy": strategy,
    }
    _configure(ctx, cluster, request)
    put(ctx, cluster)
    return {"cluster": describe(ctx, cluster, ["SETTINGS", "TAGS", "CONFIGURATIONS"])}


def _configure(ctx: Context, cluster: Json, request: Json) -> None:
    if "configuration" in request:
        cluster["configuration"] = request["configuration"]
    if "serviceConnectDefaults" in request:
        cluster["serviceConnectDefaults"] = connect.default_namespace(ctx, request["serviceConnectDefaults"])


def describe_clusters(ctx: Context, request: Json) -> Json:
    found, failures = [], []
    for wanted in request.get("clusters") or [names.DEFAULT_CLUSTER]:
        name = names.last(wanted)
        cluster = DOCUMENTS.get(ctx.store, names.scope(ctx), "cluster", name)
        if cluster is None:
            failures.append(failure(names.cluster_arn(ctx, name)))
        else:
            found.append(describe(ctx, cluster, request.get("include", [])))
    return {"clusters": found, "failures": failures}


def list_clusters(ctx: Context, request: Json) -> Json:
    every = DOCUMENTS.all(ctx.store, names.scope(ctx), "cluster")
    arns = [cluster["clusterArn"] for cluster in every if cluster["status"] == "ACTIVE"]
    return names.page(request, "clusterArns", arns, str)


def update_cluster(ctx: Context, request: Json) -> Json:
    cluster = active(ctx, request["cluster"])
    _configure(ctx, cluster, request)
    if "settings" in request:
        cluster["settings"] = _settings(request["settings"])
    put(ctx, cluster)
    return {"cluster": describe(ctx, cluster, ["SETTINGS", "TAGS", "CONFIGURATIONS"])}


def update_cluster_settings(ctx: Context, request: Json) -> Json:
    cluster = active(ctx, request["cluster"])
    cluster["settings"] = _settings(request["settings"])
    put(ctx, cluster)
    return {"cluster": describe(ctx, cluster, ["SETTINGS", "TAGS"])}


def put_cluster_capacity_providers(ctx: Context, request: Json) -> Json:
    cluster = active(ctx, request["cluster"])
    providers, strategy = request["capacityProviders"], request["defaultCapacityProviderStrategy"]
    capacity.check_providers(ctx, providers, strategy)
    gone = set(cluster["capacityProviders"]) - set(providers)
    for service in DOCUMENTS.all(ctx.store, cluster["clusterArn"], "service"):
        used = {item["capacityProvider"] for item in service.get("capacityProviderStrategy", ())}
        if service["status"] != "INACTIVE" and used & gone:
            raise AwsError("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
    cluster["capacityProviders"], cluster["defaultCapacityProviderStrategy"] = providers, strategy
    cluster["attachmentsStatus"] = "UPDATE_COMPLETE"
    put(ctx, cluster)
    return {"cluster": describe(ctx, cluster, ["SETTINGS", "TAGS"])}


def delete_cluster(ctx: Context, request: Json) -> Json:
    """A deleted cluster stays to be seen, INACTIVE."""
    cluster = lookup(ctx, request["cluster"])
    shown = describe(ctx, cluster, [])
    for count, what, why in _BUSY:
        if shown[count]:
            raise AwsError(f"ClusterContains{what}Exception", f"The Cluster cannot be deleted while {why}.")
    cluster["status"] = "INACTIVE"
    put(ctx, cluster)
    return {"cluster": describe(ctx, cluster, ["SETTINGS", "TAGS"])}


def _settings(given: list[Json]) -> list[Json]:
    settings = {"containerInsights": "disabled"} | {item["name"]: item["value"] for item in given}
    if settings["containerInsights"] not in _INSIGHTS:
        raise invalid("Setting value for containerInsights is invalid. Use 'enabled', 'enhanced' or 'disabled'.")
    return [{"name": name, "value": value} for name, value in settings.items()]


# -- what other nouns ask ------------------------------------------------------------------------------


def lookup(ctx: Context, cluster: str | None) -> Json:
    """The cluster of a name or an ARN, `default` without. Raises ClusterNotFoundException."""
    found = DOCUMENTS.get(ctx.store, names.scope(ctx), "cluster", names.last(cluster or names.DEFAULT_CLUSTER))
    if found is None:
        raise no_cluster()
    return found


def active(ctx: Context, cluster: str | None) -> Json:
    """The same, for operations that put something into it."""
    found = lookup(ctx, cluster)
    if found["status"] != "ACTIVE":
        raise AwsError("ClusterNotFoundException", "The referenced cluster was inactive.")
    return found


def put(ctx: Context, cluster: Json) -> None:
    DOCUMENTS.put(ctx.store, names.scope(ctx), "cluster", cluster["clusterName"], cluster)


def describe(ctx: Context, cluster: Json, include: list[str]) -> Json:
    arn = cluster["clusterArn"]
    tasks = store.documents(ctx.store, store.CLUSTER_TASKS, arn, "RUNNING")
    services = DOCUMENTS.all(ctx.store, arn, "service")
    instances = DOCUMENTS.all(ctx.store, arn, "instance")
    shown: Json = {
        "registeredContainerInstancesCount": len(instances),
        "runningTasksCount": sum(task["lastStatus"] == "RUNNING" for task in tasks),
        "pendingTasksCount": sum(task["lastStatus"] in _PENDING for task in tasks),
        "activeServicesCount": sum(service["status"] == "ACTIVE" for service in services),
        **cluster,
        "statistics": _statistics(tasks, services) if "STATISTICS" in include else [],
    }
    for field, member in _INCLUDED.items():
        if field not in include and member in shown:
            shown[member] = []
    if "CONFIGURATIONS" not in include:
        shown.pop("configuration", None)
    return shown


def _statistics(tasks: list[Json], services: list[Json]) -> list[Json]:
    counts: Counter[str] = Counter()
    for launch in ("EC2", "Fargate", "External"):
        for state in ("running", "pending"):
            counts[f"{state}{launch}TasksCount"] = 0
        for state in ("active", "draining"):
            counts[f"{state}{launch}ServiceCount"] = 0
    labels = {"FARGATE": "Fargate", "EXTERNAL": "External"}
    for task in tasks:
        state = "running" if task["lastStatus"] == "RUNNING" else "pending"
        counts[f"{state}{labels.get(task.get('launchType', 'EC2'), 'EC2')}TasksCount"] += 1
    for service in services:
        if service["status"] != "INACTIVE":
            launch = labels.get(service.get("launchType", "FARGATE"), "EC2")
            counts[f"{service['status'].lower()}{launch}ServiceCount"] += 1
    return [{"name": name, "value": str(value)} for name, value in counts.items()]
