"""VPC links of HTTP APIs: where private integrations connect from. Here that is always the runtime's own network.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
"""

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigatewayv2.store import DOCUMENTS, bad_request, not_found, owner, page
from penstock.wire.model import Json

KIND = "vpclink"
# A link is made at once; only the answer to its creation is still the one that AWS gives.
_AVAILABLE = {"VpcLinkStatus": "AVAILABLE", "VpcLinkStatusMessage": "VPC link is ready to route traffic"}


def create_vpc_link(ctx: Context, request: Json) -> Json:
    if not request["SubnetIds"]:
        raise bad_request("SubnetIds for a vpc link cannot be empty")
    link = {
        "VpcLinkId": ids.lower_id(6),
        "Name": request["Name"],
        "SubnetIds": request["SubnetIds"],
        "SecurityGroupIds": request.get("SecurityGroupIds", []),
        "CreatedDate": int(ctx.clock.now()),
        "Tags": request.get("Tags", {}),
        "VpcLinkVersion": "V2",
    }
    _save(ctx, {**link, **_AVAILABLE})
    return {**link, "VpcLinkStatus": "PENDING", "VpcLinkStatusMessage": "VPC link is provisioning ENIs"}


def _save(ctx: Context, link: Json) -> Json:
    DOCUMENTS.put(ctx.store, owner(ctx), KIND, link["VpcLinkId"], link)
    return link


def get_vpc_link(ctx: Context, request: Json) -> Json:
    found = DOCUMENTS.get(ctx.store, owner(ctx), KIND, request["VpcLinkId"])
    if found is None:
        raise not_found(f"Invalid VpcLink identifier specified {request['VpcLinkId']}")
    return found


def get_vpc_links(ctx: Context, request: Json) -> Json:
    return page(DOCUMENTS.all(ctx.store, owner(ctx), KIND), request)


def update_vpc_link(ctx: Context, request: Json) -> Json:
    link = get_vpc_link(ctx, request)
    return _save(ctx, link | ({"Name": request["Name"]} if request.get("Name") else {}))


def delete_vpc_link(ctx: Context, request: Json) -> Json:
    link_id = get_vpc_link(ctx, request)["VpcLinkId"]
    DOCUMENTS.delete(ctx.store, owner(ctx), KIND, link_id)
    return {}
