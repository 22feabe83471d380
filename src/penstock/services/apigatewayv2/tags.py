"""Tags of APIs, stages and VPC links, by ARN: `arn:aws:apigateway:<region>::/apis/<id>[/stages/<name>]`.

Those of custom domain names are kept with the names, by the REST APIs' service.
"""

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.services.apigatewayv2.store import DOCUMENTS, api_owner, bad_request, not_found, owner
from penstock.wire.model import Json

_KINDS = {"apis": "api", "vpclinks": "vpclink"}
_DOMAINS = "::/domainnames/"
_KEEPER = "apigateway"


def _tagged(ctx: Context, text: str) -> tuple[tuple[str, str, str], Json]:
    """Owner, kind and id of what an ARN names, and its document."""
    try:
        parts = Arn.parse(text).resource.strip("/").split("/")
    except ValueError:
        raise bad_request(f"Invalid ARN specified: {text}") from None
    if len(parts) == 4 and (parts[0], parts[2]) == ("apis", "stages"):
        key = (api_owner(ctx, parts[1]), "stage", parts[3])
    elif len(parts) == 2 and parts[0] in _KINDS:
        key = (owner(ctx), _KINDS[parts[0]], parts[1])
    else:
        raise bad_request(f"Invalid ARN specified: {text}")
    found = DOCUMENTS.get(ctx.store, *key)
    if found is None:
        raise not_found("Invalid resource identifier specified")
    return key, found


def get_tags(ctx: Context, request: Json) -> Json:
    if _DOMAINS in request["ResourceArn"]:
        found = ctx.call_now(_KEEPER, "GetTags", {"resourceArn": request["ResourceArn"]})
        return {"Tags": found.get("tags", {})}
    return {"Tags": _tagged(ctx, request["ResourceArn"])[1].get("Tags", {})}


def tag_resource(ctx: Context, request: Json) -> Json:
    if _DOMAINS in request["ResourceArn"]:
        tagged = {"resourceArn": request["ResourceArn"], "tags": request.get("Tags", {})}
        return ctx.call_now(_KEEPER, "TagResource", tagged)
    key, document = _tagged(ctx, request["ResourceArn"])
    document["Tags"] = {**document.get("Tags", {}), **request.get("Tags", {})}
    DOCUMENTS.put(ctx.store, *key, document)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    if _DOMAINS in request["ResourceArn"]:
        untagged = {"resourceArn": request["ResourceArn"], "tagKeys": request["TagKeys"]}
        return ctx.call_now(_KEEPER, "UntagResource", untagged)
    key, document = _tagged(ctx, request["ResourceArn"])
    document["Tags"] = {k: v for k, v in document.get("Tags", {}).items() if k not in request["TagKeys"]}
    DOCUMENTS.put(ctx.store, *key, document)
    return {}
