"""Documentation parts and versions.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_DocumentationPart.html; texts as observed.
"""

import orjson

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigateway.lookup import (
    bad_request,
    delete_part,
    members,
    page,
    part,
    parts,
    rest_api,
    save_part,
)
from penstock.services.apigateway.openapi.parse import parse
from penstock.services.apigateway.patch import Patcher, scalar
from penstock.wire.model import Json


def create_documentation_part(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    found = {"id": ids.lower_id(6), "location": request["location"], "properties": request["properties"]}
    return save_part(ctx, request["restApiId"], "documentationpart", found["id"], found)


def get_documentation_part(ctx: Context, request: Json) -> Json:
    return part(ctx, request["restApiId"], "documentationpart", request["documentationPartId"])


def get_documentation_parts(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    wanted = {"type": request.get("type"), "name": request.get("nameQuery"), "path": request.get("path")}
    found = [
        known
        for known in parts(ctx, request["restApiId"], "documentationpart")
        if all(value in (None, known["location"].get(name)) for name, value in wanted.items())
    ]
    return page(found, request)


_PART_PATCHER = Patcher({"properties": scalar(blank="Documentation part properties must be non-empty")}, choose=True)


def update_documentation_part(ctx: Context, request: Json) -> Json:
    found = get_documentation_part(ctx, request)
    _PART_PATCHER.apply(found, request.get("patchOperations", ()))
    return save_part(ctx, request["restApiId"], "documentationpart", found["id"], found)


def delete_documentation_part(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    delete_part(ctx, request["restApiId"], "documentationpart", request["documentationPartId"])
    return {}


# -- import ------------------------------------------------------------------------------------------

_NOWHERE = ("API", "AUTHORIZER", "MODEL")  # what has no path


def import_documentation_parts(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    spec = parse(request["body"])
    return {"ids": read_parts(ctx, request["restApiId"], spec, request.get("mode") == "overwrite")}


def read_parts(ctx: Context, api_id: str, spec: Json, overwrite: bool) -> list[str]:
    """Reads `x-amazon-apigateway-documentation`: the ids of its parts. One at the same place is replaced."""
    given = (spec.get("x-amazon-apigateway-documentation") or {}).get("documentationParts") or []
    known = parts(ctx, api_id, "documentationpart")
    if overwrite:
        for found in known:
            delete_part(ctx, api_id, "documentationpart", found["id"])
        known = []
    places = {orjson.dumps(found["location"], option=orjson.OPT_SORT_KEYS): found["id"] for found in known}
    return [_read_part(ctx, api_id, item, places) for item in given]


def _read_part(ctx: Context, api_id: str, item: Json, places: dict[bytes, str]) -> str:
    location = dict(item.get("location") or {})
    if "type" not in location:
        raise bad_request("Documentation part location must have a type")
    if location["type"] not in _NOWHERE:
        location.setdefault("path", "/")
    part_id = places.get(orjson.dumps(location, option=orjson.OPT_SORT_KEYS)) or ids.lower_id(6)
    properties = orjson.dumps(item.get("properties") or {}).decode()
    save_part(
        ctx, api_id, "documentationpart", part_id, {"id": part_id, "location": location, "properties": properties}
    )
    return part_id


# -- versions ----------------------------------------------------------------------------------------


def create_documentation_version(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    version = request["documentationVersion"]
    found = {"version": version, "createdDate": int(ctx.clock.now()), **members(request, ("description",))}
    return save_part(ctx, request["restApiId"], "documentationversion", version, found)


def get_documentation_version(ctx: Context, request: Json) -> Json:
    return part(ctx, request["restApiId"], "documentationversion", request["documentationVersion"])


def get_documentation_versions(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    return page(parts(ctx, request["restApiId"], "documentationversion"), request)


_VERSION_PATCHER = Patcher({"description": scalar()})


def update_documentation_version(ctx: Context, request: Json) -> Json:
    found = get_documentation_version(ctx, request)
    _VERSION_PATCHER.apply(found, request.get("patchOperations", ()))
    return save_part(ctx, request["restApiId"], "documentationversion", found["version"], found)


def delete_documentation_version(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    delete_part(ctx, request["restApiId"], "documentationversion", request["documentationVersion"])
    return {}
