"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

from penstock.call import Context
from penstock.services.ecs import names
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
