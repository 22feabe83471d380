"""Documentation parts and versions.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_DocumentationPart.html; texts as observed.
"""

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigateway.lookup import delete_part, members, page, part, parts, rest_api, save_part
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
