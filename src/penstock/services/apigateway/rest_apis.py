"""REST APIs: create, read, change, delete, import.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html; texts as observed.
"""

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigateway.api_policy import read_policy, told
from penstock.services.apigateway.deployed import forget
from penstock.services.apigateway.domain_names import check_unmapped
from penstock.services.apigateway.lookup import bad_request, members, page, rest_api, save_beside, save_part
from penstock.services.apigateway.openapi import reading
from penstock.services.apigateway.openapi.parse import parse
from penstock.services.apigateway.patch import Member, Patch, Patcher, boolean, listed, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner, owner
from penstock.wire.model import Json

_OPTIONAL = ("name", "description", "version", "minimumCompressionSize", "securityPolicy", "tags")
_COMPRESSION = "Invalid minimum compression size, must be between 0 and 10485760"
_MAX_COMPRESSION = 10_485_760
_PRIVATE = "Only dualstack ipAddressType is supported for Private APIs."
_SCHEMA = '{"$schema":"http://json-schema.org/draft-04/schema#","title":"%s Schema","type":"object"%s}'
DEFAULT_MODELS = (
    ("Empty", "This is a default empty schema model", _SCHEMA % ("Empty", "")),
    (
        "Error",
        "This is a default error schema model",
        _SCHEMA % ("Error", ',"properties":{"message":{"type":"string"}}'),
    ),
)


def create_rest_api(ctx: Context, request: Json) -> Json:
    _check(request)
    api = _make(ctx, request)
    if request.get("cloneFrom"):
        _clone(ctx, request["cloneFrom"], api)
    else:
        for name, description, schema in DEFAULT_MODELS:
            model = {"id": ids.lower_id(6), "name": name, "description": description, "schema": schema}
            save_part(ctx, api["id"], "model", name, {**model, "contentType": "application/json"})
    return told(api)


def _make(ctx: Context, request: Json) -> Json:
    """The API with its root resource, which every API has."""
    api_id, root_id = _api_id(request), ids.lower_id(10)
    api = {
        "id": api_id,
        **members(request, _OPTIONAL),
        "createdDate": int(ctx.clock.now()),
        "apiKeySource": request.get("apiKeySource", "HEADER"),
        "endpointConfiguration": _endpoint(request.get("endpointConfiguration") or {}),
        "disableExecuteApiEndpoint": request.get("disableExecuteApiEndpoint", False),
        "rootResourceId": root_id,
    }
    if request.get("binaryMediaTypes"):
        api["binaryMediaTypes"] = request["binaryMediaTypes"]
    if request.get("policy"):
        api["policy"] = read_policy(request["policy"])
    save_part(ctx, api_id, "resource", root_id, {"id": root_id, "path": "/"})
    return save_beside(ctx, "restapi", api_id, api)


def _api_id(request: Json) -> str:
    """Ids are random. The tag `_custom_id_` chooses one, for tests that want a URL known beforehand."""
    return str(request.get("tags", {}).get("_custom_id_") or ids.lower_id(10))


def _check(request: Json) -> None:
    if request.get("description") == "":
        raise bad_request("Description cannot be an empty string")
    if not request.get("name", "").strip():
        raise bad_request("API name must not be blank")
    size = request.get("minimumCompressionSize")
    if size is not None and not 0 <= size <= _MAX_COMPRESSION:
        raise bad_request(_COMPRESSION)
    endpoint = request.get("endpointConfiguration")
    if endpoint is not None:
        _check_endpoint(endpoint)


def _check_endpoint(endpoint: Json) -> None:
    types = endpoint.get("types")
    if types == []:
        raise bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types or ()) > 1:
        raise bad_request("Cannot create an api with multiple Endpoint Types.")
    if types == ["PRIVATE"] and endpoint.get("ipAddressType") == "ipv4":
        raise bad_request(_PRIVATE)


def _endpoint(given: Json) -> Json:
    types = given.get("types") or ["EDGE"]
    address_type = given.get("ipAddressType") or ("dualstack" if types == ["PRIVATE"] else "ipv4")
    return {"types": types, "ipAddressType": address_type, **members(given, ("vpcEndpointIds",))}


def _clone(ctx: Context, source: str, api: Json) -> None:
    old = rest_api(ctx, source)
    for kind in ("model", "resource", "validator", "authorizer", "gatewayresponse"):
        for document in DOCUMENTS.all(ctx.store, api_owner(ctx, source), kind):
            if document.get("path") == "/":
                document["id"] = api["rootResourceId"]
            if document.get("parentId") == old["rootResourceId"]:
                document["parentId"] = api["rootResourceId"]
            save_part(ctx, api["id"], kind, document_id(kind, document), document)


def document_id(kind: str, document: Json) -> str:
    """The key under which a document of an API is kept."""
    name = {"model": "name", "gatewayresponse": "responseType", "stage": "stageName"}.get(kind, "id")
    return str(document[name])


def get_rest_api(ctx: Context, request: Json) -> Json:
    return told(rest_api(ctx, request["restApiId"]))


def get_rest_apis(ctx: Context, request: Json) -> Json:
    return page([told(api) for api in DOCUMENTS.all(ctx.store, owner(ctx), "restapi")], request)


def delete_rest_api(ctx: Context, request: Json) -> Json:
    api_id = rest_api(ctx, request["restApiId"])["id"]
    check_unmapped(ctx, api_id)
    DOCUMENTS.delete(ctx.store, owner(ctx), "restapi", api_id)
    DOCUMENTS.drop(ctx.store, api_owner(ctx, api_id))
    forget(ctx, api_id)
    return {}


# -- changes -----------------------------------------------------------------------------------------


def _compression(document: Json, patch: Patch) -> None:
    if not patch.value:
        document.pop("minimumCompressionSize", None)
        return
    if not patch.value.isdigit() or int(patch.value) > _MAX_COMPRESSION:
        raise bad_request(_COMPRESSION)
    document["minimumCompressionSize"] = int(patch.value)


def _change_policy(document: Json, patch: Patch) -> None:
    if patch.op == "remove" or not patch.value:
        document.pop("policy", None)
    else:
        document["policy"] = read_policy(patch.value)


def _change_endpoint(document: Json, patch: Patch) -> None:
    """`/endpointConfiguration/types/EDGE`, `.../ipAddressType`, `.../vpcEndpointIds[/id]`."""
    endpoint = document["endpointConfiguration"]
    name = patch.keys[1] if len(patch.keys) > 1 else ""
    if name == "types":
        _change_type(endpoint, patch)
    elif name == "ipAddressType":
        _change_address_type(endpoint, patch)
    elif name == "vpcEndpointIds":
        known = [i for i in endpoint.get("vpcEndpointIds", ()) if i != patch.value]
        endpoint["vpcEndpointIds"] = known if patch.op == "remove" else [*known, patch.value]
    else:
        raise bad_request(f"Invalid patch path {patch.path}")


def _change_type(endpoint: Json, patch: Patch) -> None:
    if patch.op not in ("add", "remove", "replace"):
        raise bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
    if patch.value not in ("REGIONAL", "EDGE", "PRIVATE"):
        raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    endpoint["types"] = [patch.value]
    if patch.value == "PRIVATE":
        endpoint["ipAddressType"] = "dualstack"


def _change_address_type(endpoint: Json, patch: Patch) -> None:
    if patch.op != "replace":
        raise bad_request("Invalid patch operation specified. Must be one of: [replace]")
    if patch.value not in ("ipv4", "dualstack"):
        raise bad_request("ipAddressType must be either ipv4 or dualstack.")
    if patch.value == "ipv4" and endpoint["types"] == ["PRIVATE"]:
        raise bad_request(_PRIVATE)
    endpoint["ipAddressType"] = patch.value


_ANY_OP = ("add", "replace", "remove", "copy", "move", "test")
_MEMBERS = {
    "name": scalar(blank="API name must not be blank"),
    "description": scalar(ops=("add", "replace", "remove")),
    "version": scalar(ops=("add", "replace", "remove")),
    "policy": Member(("add", "replace", "remove"), _change_policy),
    "apiKeySource": scalar(),
    "disableExecuteApiEndpoint": scalar(boolean),
    "minimumCompressionSize": Member(("replace",), _compression),
    "binaryMediaTypes": listed(),
}
_PATCHER = Patcher(_MEMBERS)
# Two- and three-part paths, whose checks are their own.
_ENDPOINT = {depth: Patcher({"endpointConfiguration": Member(_ANY_OP, _change_endpoint, depth)}) for depth in (1, 2, 3)}


def update_rest_api(ctx: Context, request: Json) -> Json:
    api = rest_api(ctx, request["restApiId"])
    for operation in request.get("patchOperations", ()):
        path = operation.get("path") or ""
        deep = path.startswith("/endpointConfiguration")
        (_ENDPOINT[min(path.count("/"), 3)] if deep else _PATCHER).apply(api, [operation])
    save_beside(ctx, "restapi", api["id"], api)
    return {**told(api), "tags": api.get("tags", {})}


# -- OpenAPI -----------------------------------------------------------------------------------------


def import_rest_api(ctx: Context, request: Json) -> Json:
    spec = parse(request["body"], request.get("failOnWarnings", False))
    name = str(spec.get("info", {}).get("title") or "")
    if not name:
        raise bad_request("Invalid OpenAPI input: info.title is required")
    parameters = request.get("parameters", {})
    types = parameters.get("endpointConfigurationTypes")
    api = _make(ctx, {"name": name, "endpointConfiguration": {"types": [types]} if types else {}})
    return told(reading.apply(ctx, api, spec, parameters))


def put_rest_api(ctx: Context, request: Json) -> Json:
    api = rest_api(ctx, request["restApiId"])
    mode = request.get("mode", "merge")
    if mode not in ("merge", "overwrite"):
        raise bad_request('Enumeration value of OpenAPI import mode must be "overwrite" or "merge"')
    spec = parse(request["body"], request.get("failOnWarnings", False))
    if mode == "overwrite":
        for kind in ("model", "validator", "authorizer", "gatewayresponse"):
            for document in DOCUMENTS.all(ctx.store, api_owner(ctx, api["id"]), kind):
                DOCUMENTS.delete(ctx.store, api_owner(ctx, api["id"]), kind, document_id(kind, document))
    made = reading.apply(ctx, api, spec, request.get("parameters", {}), mode == "overwrite")
    return {**told(made), "tags": api.get("tags", {})}
