"""Models (JSON schemas) and request validators.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Model.html, API_RequestValidator.html; texts as observed.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
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
from penstock.services.apigateway.model_schemas import check_schema
from penstock.services.apigateway.patch import Patcher, boolean, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner, owner
from penstock.wire.model import Json

_NO_SCHEMA = "Model schema must have at least 1 property or array items defined"


def create_model(ctx: Context, request: Json) -> Json:
    api_id, name = request["restApiId"], request["name"]
    rest_api(ctx, api_id)
    if not name:
        raise bad_request("Model name must be non-empty")
    if not (name.isascii() and name.isalnum()):
        raise bad_request(f"Model name must be alphanumeric: {name}")
    if DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), "model", name) is not None:
        raise AwsError("ConflictException", "Model name already exists for this REST API")
    if not request.get("schema"):
        raise bad_request(_NO_SCHEMA)
    check_schema(request["schema"])
    model = {"id": ids.lower_id(6), "name": name, "contentType": request["contentType"], "schema": request["schema"]}
    if request.get("description"):
        model["description"] = request["description"]
    return save_part(ctx, api_id, "model", name, model)


def get_model(ctx: Context, request: Json) -> Json:
    return part(ctx, request["restApiId"], "model", request["modelName"])


def get_models(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    return page(parts(ctx, request["restApiId"], "model"), request)


_PATCHER = Patcher({"description": scalar(), "schema": scalar(blank=_NO_SCHEMA)}, choose=True)


def update_model(ctx: Context, request: Json) -> Json:
    model = part(ctx, request["restApiId"], "model", request["modelName"])
    before = model["schema"]
    _PATCHER.apply(model, request.get("patchOperations", ()))
    if model["schema"] != before:  # an import reads schemas that are refused here
        check_schema(model["schema"])
    return save_part(ctx, request["restApiId"], "model", model["name"], model)


def delete_model(ctx: Context, request: Json) -> Json:
    api_id, name = request["restApiId"], request["modelName"]
    part(ctx, api_id, "model", name)
    for resource in parts(ctx, api_id, "resource"):
        for http_method, method in resource.get("resourceMethods", {}).items():
            if name in method.get("requestModels", {}).values():
                where = f"{resource['path']}/{http_method}"
                raise AwsError(
                    "ConflictException", f"Cannot delete model '{name}', is referenced in method request: {where}"
                )
    delete_part(ctx, api_id, "model", name)
    return {}


# -- request validators ------------------------------------------------------------------------------

_NO_NAME = "Request Validator name cannot be blank"


def create_request_validator(ctx: Context, request: Json) -> Json:
    if DOCUMENTS.get(ctx.store, owner(ctx), "restapi", request["restApiId"]) is None:
        raise bad_request("Invalid REST API identifier specified")
    validator = {
        "id": ids.lower_id(6),
        **members(request, ("name",)),
        "validateRequestBody": request.get("validateRequestBody", False),
        "validateRequestParameters": request.get("validateRequestParameters", False),
    }
    return save_part(ctx, request["restApiId"], "validator", validator["id"], validator)


def get_request_validator(ctx: Context, request: Json) -> Json:
    return part(ctx, request["restApiId"], "validator", request["requestValidatorId"])


def get_request_validators(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    return page(parts(ctx, request["restApiId"], "validator"), request)


_VALIDATOR_PATCHER = Patcher(
    {
        "name": scalar(blank=_NO_NAME),
        "validateRequestParameters": scalar(boolean),
        "validateRequestBody": scalar(boolean),
    },
    choose=True,
)


def update_request_validator(ctx: Context, request: Json) -> Json:
    validator = part(ctx, request["restApiId"], "validator", request["requestValidatorId"])
    _VALIDATOR_PATCHER.apply(validator, request.get("patchOperations", ()))
    return save_part(ctx, request["restApiId"], "validator", validator["id"], validator)


def delete_request_validator(ctx: Context, request: Json) -> Json:
    delete_part(ctx, request["restApiId"], "validator", request["requestValidatorId"])
    return {}
