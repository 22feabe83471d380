"""VPC links of version 1: the network load balancer that private integrations of REST APIs are sent to.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_VpcLink.html; texts as observed.
"""

from collections.abc import Iterator

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, members, not_found, page, save_beside
from penstock.services.apigateway.patch import Patcher, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner, owner
from penstock.wire.model import Json

KIND = "vpclink"
# A link is made at once; only the answer to its creation is still the one that AWS gives.
_AVAILABLE = {"status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"}


def create_vpc_link(ctx: Context, request: Json) -> Json:
    if len(request["targetArns"]) > 1:
        raise bad_request("More than one target arn specified for vpc link.")
    if not request["targetArns"]:
        raise bad_request("No target arn specified for vpc link.")
    link = {"id": ids.lower_id(6), "name": request["name"], "targetArns": request["targetArns"]}
    link |= members(request, ("description", "tags"))
    save_beside(ctx, KIND, link["id"], link | _AVAILABLE)
    return link | {"status": "PENDING"}


def get_vpc_link(ctx: Context, request: Json) -> Json:
    found = DOCUMENTS.get(ctx.store, owner(ctx), KIND, request["vpcLinkId"])
    if found is None:
        raise not_found("VPCLink not found")
    return found


def get_vpc_links(ctx: Context, request: Json) -> Json:
    return page(DOCUMENTS.all(ctx.store, owner(ctx), KIND), request)


_PATCHER = Patcher({"name": scalar(), "description": scalar(ops=("add", "replace", "remove"))})


def update_vpc_link(ctx: Context, request: Json) -> Json:
    link = get_vpc_link(ctx, request)
    operations = request.get("patchOperations", ())
    if any(operation.get("path", "").startswith("/targetArns") for operation in operations):
        raise bad_request("Target arns are not allowed to be changed/added.")
    return save_beside(ctx, KIND, link["id"], _PATCHER.apply(link, operations))


def delete_vpc_link(ctx: Context, request: Json) -> Json:
    link_id = get_vpc_link(ctx, request)["id"]
    users = ", ".join(_users(ctx, link_id))
    if users:
        raise bad_request(
            f"Cannot delete vpc link. Vpc link '{link_id}', is referenced in [{users}] in format of "
            "[Method:Resource:Stage]."
        )
    DOCUMENTS.delete(ctx.store, owner(ctx), KIND, link_id)
    return {}


def _users(ctx: Context, link_id: str) -> Iterator[str]:
    """Every deployed method that is sent through the link."""
    for api in DOCUMENTS.all(ctx.store, owner(ctx), "restapi"):
        below = api_owner(ctx, api["id"])
        for stage in DOCUMENTS.all(ctx.store, below, "stage"):
            snapshot = DOCUMENTS.get(ctx.store, below, "snapshot", stage["deploymentId"]) or {}
            for resource in snapshot.get("resources", ()):
                for name, method in resource.get("resourceMethods", {}).items():
                    if method.get("methodIntegration", {}).get("connectionId") == link_id:
                        yield f"{name}:{resource['id']}:{stage['stageName']}"
