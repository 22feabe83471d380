"""Roles, those linked to services included.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html and its siblings.
"""

from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.iam import boundaries, entities, store
from penstock.services.iam.documents import check_trust_policy
from penstock.services.iam.entities import INSTANCE_PROFILE, ROLE, Entity
from penstock.wire.model import Json

_LINKED = "/aws-service-role/"


def create_role(ctx: Context, request: Json) -> Json:
    check_trust_policy(request["AssumeRolePolicyDocument"])
    boundaries.check(ctx, request)
    members = ("AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "PermissionsBoundary")
    role = entities.create(ctx, ROLE, request, {name: request[name] for name in members if name in request})
    return {"Role": brief(role) | entities.boundary(role) | entities.tagged(role.tags)}


def get_role(ctx: Context, request: Json) -> Json:
    role = entities.named(ctx, ROLE, request)
    return {"Role": _full(role) | entities.boundary(role) | {"RoleLastUsed": {}} | entities.tagged(role.tags)}


def list_roles(ctx: Context, request: Json) -> Json:
    found, end = entities.entities(ctx, ROLE, request)
    return {"Roles": [_full(role) for role in found], **end}


def update_role(ctx: Context, request: Json) -> Json:
    role = entities.named(ctx, ROLE, request)
    changes = {name: request[name] for name in ("Description", "MaxSessionDuration") if name in request}
    entities.set_settings(ctx, role, **changes)
    return {}


def update_role_description(ctx: Context, request: Json) -> Json:
    role = entities.named(ctx, ROLE, request)
    entities.set_settings(ctx, role, Description=request["Description"])
    return {"Role": brief(role) | {"Description": request["Description"]}}


def update_assume_role_policy(ctx: Context, request: Json) -> Json:
    role = entities.named(ctx, ROLE, request)
    check_trust_policy(request["PolicyDocument"])
    entities.set_settings(ctx, role, AssumeRolePolicyDocument=request["PolicyDocument"])
    return {}


def delete_role(ctx: Context, request: Json) -> Json:
    role = entities.named(ctx, ROLE, request)
    if role.path.startswith(_LINKED):
        raise AwsError(
            "UnmodifiableEntityException",
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS",
        )
    if ctx.store.one(store.CONTAINERS, role.id, INSTANCE_PROFILE.name, "") is not None:
        raise entities.conflict("Cannot delete entity, must remove roles from instance profile first.")
    entities.delete(ctx, role)
    return {}


# -- roles linked to services ------------------------------------------------------------------------

# Names that do not follow from the service's: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_LINKED_NAMES = {
    "apidestinations.events.amazonaws.com": "AmazonEventBridgeApiDestinations",
    "autoscaling.amazonaws.com": "AutoScaling",
    "dynamodb.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_DynamoDBTable",
    "ecs.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_ECSService",
    "ecs.amazonaws.com": "ECS",
    "eks.amazonaws.com": "AmazonEKS",
    "elasticache.amazonaws.com": "ElastiCache",
    "elasticbeanstalk.amazonaws.com": "ElasticBeanstalk",
    "elasticloadbalancing.amazonaws.com": "ElasticLoadBalancing",
    "events.amazonaws.com": "CloudWatchEvents",
    "opensearchservice.amazonaws.com": "AmazonOpenSearchService",
    "ops.apigateway.amazonaws.com": "APIGateway",
    "rds.amazonaws.com": "RDS",
    "replication.dynamodb.amazonaws.com": "DynamoDBReplication",
}


def create_service_linked_role(ctx: Context, request: Json) -> Json:
    service = request["AWSServiceName"]
    suffix = f"_{request['CustomSuffix']}" if "CustomSuffix" in request else ""
    stem = _LINKED_NAMES.get(service) or service.removesuffix(".amazonaws.com").replace(".", "-").capitalize()
    name = f"AWSServiceRoleFor{stem}{suffix}"
    if ctx.store.one(store.ENTITY, ctx.account, ROLE.name, name) is not None:
        raise AwsError(
            "InvalidInputException",
            f"Service role name {name} has been taken in this account, please try a different suffix.",
        )
    trust = {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}
    document = orjson.dumps({"Version": "2012-10-17", "Statement": [trust]}).decode()
    settings = {"AssumeRolePolicyDocument": document}
    if "Description" in request:
        settings["Description"] = request["Description"]
    role = entities.create(ctx, ROLE, {"RoleName": name, "Path": f"{_LINKED}{service}/"}, settings)
    return {"Role": brief(role)}


def delete_service_linked_role(ctx: Context, request: Json) -> Json:
    role = entities.named(ctx, ROLE, request)
    for statement in store.DELETE_ENTITY:
        ctx.store.run(statement, role.id)
    return {"DeletionTaskId": f"task{role.path}{role.name}/{role.id}"}


def get_service_linked_role_deletion_status(ctx: Context, request: Json) -> Json:
    role_id = request["DeletionTaskId"].rpartition("/")[2]
    if not request["DeletionTaskId"].startswith("task/") or ctx.store.one(store.ENTITY_BY_ID, role_id) is not None:
        raise AwsError("NoSuchEntityException", f"Deletion task {request['DeletionTaskId']} cannot be found.")
    return {"Status": "SUCCEEDED"}


# -- how a role is shown -----------------------------------------------------------------------------


def brief(role: Entity) -> Json:
    """A role in answers to changes, and inside instance profiles."""
    trust = entities.encoded(role.settings["AssumeRolePolicyDocument"])
    return entities.described(role) | {"AssumeRolePolicyDocument": trust}


def _full(role: Entity) -> Json:
    shown: dict[str, Any] = brief(role) | {"MaxSessionDuration": role.settings.get("MaxSessionDuration", 3600)}
    return shown | ({"Description": role.settings["Description"]} if "Description" in role.settings else {})
