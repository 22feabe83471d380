"""API keys.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_ApiKey.html
"""

import csv
import io

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, beside, members, page, save_beside
from penstock.services.apigateway.patch import Member, Patch, Patcher, boolean, scalar
from penstock.services.apigateway.store import DOCUMENTS, owner
from penstock.wire.model import Json

_MIN_VALUE = 20
_MAX_VALUE = 128
_VALUE = 40


def create_api_key(ctx: Context, request: Json) -> Json:
    value = request.get("value") or _new_value()
    _check_value(ctx, value)
    now = int(ctx.clock.now())
    key = {
        "id": ids.lower_id(10),
        "value": value,
        **members(request, ("name", "description", "customerId", "tags")),
        "enabled": request.get("enabled", False),
        "createdDate": now,
        "lastUpdatedDate": now,
        "stageKeys": [
            f"{stage.get('restApiId', '')}/{stage.get('stageName', '')}" for stage in request.get("stageKeys", ())
        ],
    }
    DOCUMENTS.put(ctx.store, owner(ctx), "apikeyvalue", value, {"id": key["id"]})
    return save_beside(ctx, "apikey", key["id"], key)


def _new_value() -> str:
    """40 letters and digits from the system's generator."""
    return ids.token(_VALUE).replace("-", "0").replace("_", "1")


def _check_value(ctx: Context, value: str) -> None:
    if len(value) < _MIN_VALUE:
        raise bad_request(f"API Key value should be at least {_MIN_VALUE} characters")
    if len(value) > _MAX_VALUE:
        raise bad_request(f"API Key value exceeds maximum size of {_MAX_VALUE} characters")
    if DOCUMENTS.get(ctx.store, owner(ctx), "apikeyvalue", value) is not None:
        raise AwsError("ConflictException", "API Key already exists")


def key_with(ctx: Context, value: str) -> Json | None:
    """The key that a caller sent."""
    found = DOCUMENTS.get(ctx.store, owner(ctx), "apikeyvalue", value)
    return DOCUMENTS.get(ctx.store, owner(ctx), "apikey", found["id"]) if found else None


def _without_value(key: Json) -> Json:
    return {name: value for name, value in key.items() if name != "value"}


def get_api_key(ctx: Context, request: Json) -> Json:
    key = beside(ctx, "apikey", request["apiKey"])
    return key if request.get("includeValue") else _without_value(key)


def get_api_keys(ctx: Context, request: Json) -> Json:
    keys = DOCUMENTS.all(ctx.store, owner(ctx), "apikey")[::-1]  # the newest first, as on AWS
    if request.get("nameQuery"):
        keys = [key for key in keys if key.get("name", "").startswith(request["nameQuery"])]
    if request.get("customerId"):
        keys = [key for key in keys if key.get("customerId") == request["customerId"]]
    return page(keys if request.get("includeValues") else [_without_value(key) for key in keys], request)


def _stages(document: Json, patch: Patch) -> None:
    known = [stage for stage in document["stageKeys"] if stage != patch.value]
    document["stageKeys"] = known if patch.op == "remove" else [*known, patch.value]


_WIDE = ("add", "replace", "remove")
_PATCHER = Patcher(
    {
        "name": scalar(),
        "description": scalar(ops=_WIDE),
        "enabled": scalar(boolean),
        "customerId": scalar(ops=_WIDE),
        "stages": Member(("add", "remove"), _stages),
    }
)


def update_api_key(ctx: Context, request: Json) -> Json:
    key = beside(ctx, "apikey", request["apiKey"])
    _PATCHER.apply(key, request.get("patchOperations", ()))
    key["lastUpdatedDate"] = int(ctx.clock.now())
    save_beside(ctx, "apikey", key["id"], key)
    return {**_without_value(key), "tags": key.get("tags", {})}


def delete_api_key(ctx: Context, request: Json) -> Json:
    key = beside(ctx, "apikey", request["apiKey"])
    DOCUMENTS.delete(ctx.store, owner(ctx), "apikey", key["id"])
    DOCUMENTS.delete(ctx.store, owner(ctx), "apikeyvalue", key["value"])
    for plan in DOCUMENTS.all(ctx.store, owner(ctx), "usageplan"):
        DOCUMENTS.delete(ctx.store, f"{owner(ctx)}/plan/{plan['id']}", "key", key["id"])
    return {}


def import_api_keys(ctx: Context, request: Json) -> Json:
    """CSV with the columns name, key and, as they please, description, enabled, usageplanIds."""
    made, warnings = [], []
    for number, row in enumerate(csv.DictReader(io.StringIO(request["body"].decode("utf-8", "replace"))), 1):
        columns = {(name or "").strip().lower(): (value or "").strip() for name, value in row.items()}
        given = {"name": columns.get("name", ""), "value": columns.get("key", "")}
        given |= {"description": columns.get("description") or None, "enabled": columns.get("enabled") == "true"}
        try:
            made.append(create_api_key(ctx, given)["id"])
        except AwsError as error:
            if request.get("failOnWarnings"):
                raise
            warnings.append(f"line {number}: {error.message}")
    return {"ids": made, "warnings": warnings}
