"""Resources: the tree of paths.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Resource.html; texts as observed.
"""

import re
from collections.abc import Iterable

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, delete_part, not_found, page, part, parts, save_part
from penstock.services.apigateway.patch import Member, Patch, Patcher
from penstock.wire.model import Json

_PART = re.compile(r"[a-zA-Z0-9._:@\-~+%!$&'()*,;=]+|\{[a-zA-Z0-9._\-:]+\+?\}")
_PART_TEXT = (
    "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning "
    "and the end."
)


def create_resource(ctx: Context, request: Json) -> Json:
    api_id, parent_id, path_part = request["restApiId"], request["parentId"], request["pathPart"]
    parent = part(ctx, api_id, "resource", parent_id)
    if not _PART.fullmatch(path_part):
        raise bad_request(_PART_TEXT)
    greedy = parent["path"].rpartition("/")[2]
    if greedy.endswith("+}"):
        raise bad_request(f"Cannot create a child of a resource with a greedy path variable: {greedy}")
    _check_siblings(_children(ctx, api_id, parent_id), path_part)
    return add(ctx, api_id, parent, path_part)


def add(ctx: Context, api_id: str, parent: Json, path_part: str) -> Json:
    """A new resource below `parent`."""
    resource_id = ids.lower_id(6)
    path = f"{parent['path'].rstrip('/')}/{path_part}"
    resource = {"id": resource_id, "parentId": parent["id"], "pathPart": path_part, "path": path}
    return save_part(ctx, api_id, "resource", resource_id, resource)


def _children(ctx: Context, api_id: str, parent_id: str) -> list[Json]:
    return [resource for resource in parts(ctx, api_id, "resource") if resource.get("parentId") == parent_id]


def _check_siblings(siblings: Iterable[Json], path_part: str) -> None:
    for sibling in siblings:
        if sibling["pathPart"] == path_part:
            raise AwsError(
                "ConflictException", f"Another resource with the same parent already has this name: {path_part}"
            )
        if path_part.startswith("{") and sibling["pathPart"].startswith("{"):
            raise bad_request(
                f"A sibling ({sibling['pathPart']}) of this resource already has a variable path part -- only one is "
                "allowed"
            )


def get_resource(ctx: Context, request: Json) -> Json:
    return _shown(part(ctx, request["restApiId"], "resource", request["resourceId"]), request)


def get_resources(ctx: Context, request: Json) -> Json:
    resources = sorted(parts(ctx, request["restApiId"], "resource"), key=lambda resource: str(resource["path"]))
    if not resources:
        raise not_found(f"Invalid API identifier specified {ctx.account}:{request['restApiId']}")
    return page([_shown(resource, request) for resource in resources], request)


def _shown(resource: Json, request: Json) -> Json:
    """Methods are named; with `embed=methods` they are there as a whole."""
    if "resourceMethods" in resource and "methods" not in request.get("embed", ()):
        resource["resourceMethods"] = {name: {} for name in resource["resourceMethods"]}
    return resource


def delete_resource(ctx: Context, request: Json) -> Json:
    api_id = request["restApiId"]
    resource = part(ctx, api_id, "resource", request["resourceId"])
    if "parentId" not in resource:
        raise bad_request("Root resource cannot be deleted.")
    for below in [*_descendants(ctx, api_id, resource["id"]), resource]:
        delete_part(ctx, api_id, "resource", below["id"])
    return {}


def _descendants(ctx: Context, api_id: str, resource_id: str) -> list[Json]:
    found: list[Json] = []
    for child in _children(ctx, api_id, resource_id):
        found += [child, *_descendants(ctx, api_id, child["id"])]
    return found


def _note(document: Json, patch: Patch) -> None:
    """What a resource would become; whether it may is checked when all operations are known to be valid."""
    document[patch.keys[0]] = patch.value


_PATCHER = Patcher({"parentId": Member(("replace",), _note), "pathPart": Member(("replace",), _note)}, choose=True)


def update_resource(ctx: Context, request: Json) -> Json:
    api_id = request["restApiId"]
    resource = part(ctx, api_id, "resource", request["resourceId"])
    before = (resource.get("parentId"), resource.get("pathPart"))
    operations = request.get("patchOperations", ())
    if "parentId" not in resource and operations:
        raise bad_request(f"Root resource cannot update its {operations[0].get('path', '')[1:]}.")
    _PATCHER.apply(resource, operations)
    if (resource.get("parentId"), resource.get("pathPart")) != before:
        parent = part(ctx, api_id, "resource", resource["parentId"])
        below = _descendants(ctx, api_id, resource["id"])
        if any(child["id"] == parent["id"] for child in (*below, resource)):
            raise bad_request("Resources cannot be cyclical.")
        siblings = [s for s in _children(ctx, api_id, parent["id"]) if s["id"] != resource["id"]]
        _check_siblings(siblings, resource["pathPart"])
        _move(ctx, api_id, resource, parent, below)
    return _shown(resource, request)


def _move(ctx: Context, api_id: str, resource: Json, parent: Json, below: list[Json]) -> None:
    old = part(ctx, api_id, "resource", resource["id"])["path"]
    resource["path"] = f"{parent['path'].rstrip('/')}/{resource['pathPart']}"
    save_part(ctx, api_id, "resource", resource["id"], resource)
    for child in below:
        child["path"] = resource["path"] + child["path"].removeprefix(old)
        save_part(ctx, api_id, "resource", child["id"], child)
