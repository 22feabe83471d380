"""Models: schemas that an API describes its messages with. They are kept and shown; no message is held against them.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-models.html
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.store import delete_part, members, page, part_of, parts_of, save_part
from penstock.wire.model import Json

_MEMBERS = ("ContentType", "Description", "Name", "Schema")


def create_model(ctx: Context, request: Json) -> Json:
    known = parts_of(ctx, request, "model")
    model = {"ModelId": ids.lower_id(6), "ContentType": "application/json", **members(request, _MEMBERS)}
    return _save(ctx, request, model, known)


def _save(ctx: Context, request: Json, model: Json, known: list[Json]) -> Json:
    if any(other["Name"] == model["Name"] and other["ModelId"] != model["ModelId"] for other in known):
        raise AwsError("ConflictException", f"Model with name {model['Name']} already exists for this API")
    return save_part(ctx, request["ApiId"], "model", model["ModelId"], model)


def get_model(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "model", request["ModelId"])


def get_models(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "model"), request)


def update_model(ctx: Context, request: Json) -> Json:
    model = get_model(ctx, request) | members(request, _MEMBERS)
    return _save(ctx, request, model, parts_of(ctx, request, "model"))


def delete_model(ctx: Context, request: Json) -> Json:
    delete_part(ctx, request, "model", request["ModelId"])
    return {}
