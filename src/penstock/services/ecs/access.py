"""Which resource IAM is asked about, and which roles whoever runs a task passes to it.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

from collections.abc import Iterable, Mapping

from penstock.call import Context, Question
from penstock.call.service import Questions
from penstock.services.ecs import definitions, names
from penstock.wire.model import Json

_CLUSTER = frozenset({"DeleteCluster", "UpdateCluster", "UpdateClusterSettings", "PutClusterCapacityProviders"})
_DEFINITION = frozenset({"RunTask", "StartTask"})


def resource(ctx: Context, operation: str, request: Json) -> str:
    cluster = names.last(request.get("cluster") or names.DEFAULT_CLUSTER)
    if "resourceArn" in request:
        return str(request["resourceArn"])
    if operation in _DEFINITION:
        text: str = request["taskDefinition"]
        return text if text.startswith("arn:") else names.arn_of(ctx, f"task-definition/{text}")
    for member, kind in (("service", "service"), ("serviceName", "service"), ("task", "task")):
        if isinstance(request.get(member), str) and operation != "ListTasks":
            return names.arn_of(ctx, f"{kind}/{cluster}/{names.last(request[member])}")
    if operation in _CLUSTER:
        return names.cluster_arn(ctx, cluster)
    if operation == "CreateCluster":
        return names.cluster_arn(ctx, request.get("clusterName") or names.DEFAULT_CLUSTER)
    return "*"


def keys(ctx: Context, operation: str, request: Json) -> dict[str, str]:
    """Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html"""
    cluster = names.cluster_arn(ctx, names.last(request.get("cluster") or names.DEFAULT_CLUSTER))
    found = {"ecs:cluster": cluster}
    if isinstance(request.get("taskDefinition"), str):
        found["ecs:task-definition"] = _definition_arn(ctx, request["taskDefinition"])
    if isinstance(request.get("service"), str):
        found["ecs:service"] = names.arn_of(ctx, f"service/{names.last(cluster)}/{names.last(request['service'])}")
    return found


# -- operations that are about more than one resource --------------------------------------------------

_TO_TASKS = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
_ROLES = ("taskRoleArn", "executionRoleArn")


def _definition_arn(ctx: Context, text: str) -> str:
    """Of a family, its latest active definition's; as it stands where there is none."""
    found = definitions.lookup(ctx, text)
    return found["taskDefinitionArn"] if found else resource(ctx, "RunTask", {"taskDefinition": text})


def _run(ctx: Context, request: Json) -> Iterable[Question]:
    """To run the definition, and to pass its roles, or those that override them."""
    definition = definitions.lookup(ctx, request["taskDefinition"]) or {}
    yield Question("ecs:RunTask", _definition_arn(ctx, request["taskDefinition"]))
    for member in _ROLES:
        role = request.get("overrides", {}).get(member) or definition.get(member)
        if role:
            yield Question("iam:PassRole", role, _TO_TASKS)


def _described(ctx: Context, request: Json) -> Iterable[Question]:
    cluster = names.last(request.get("cluster") or names.DEFAULT_CLUSTER)
    for task in request["tasks"]:
        yield Question("ecs:DescribeTasks", names.arn_of(ctx, f"task/{cluster}/{names.last(task)}"))


def _described_services(ctx: Context, request: Json) -> Iterable[Question]:
    cluster = names.last(request.get("cluster") or names.DEFAULT_CLUSTER)
    for service in request["services"]:
        yield Question("ecs:DescribeServices", names.arn_of(ctx, f"service/{cluster}/{names.last(service)}"))


QUESTIONS: Mapping[str, Questions] = {
    "DescribeServices": _described_services,
    "DescribeTasks": _described,
    "RunTask": _run,
}
