"""The schemas of an OpenAPI document as models."""

from collections.abc import Iterator
from typing import Any

import orjson

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigateway.lookup import parts, save_part
from penstock.wire.model import Json

_PREFIXES = ("#/definitions/", "#/components/schemas/")


def read_models(ctx: Context, api: Json, spec: Json) -> None:
    """Makes a model of each schema; one of the same name is replaced."""
    known = {model["name"]: model["id"] for model in parts(ctx, api["id"], "model")}
    for name, schema in _schemas(spec):
        save_model(ctx, api, name, schema, known.get(name))


def save_model(ctx: Context, api: Json, name: str, schema: Any, model_id: str | None = None) -> str:
    text = orjson.dumps(_rewritten(schema, api["id"])).decode()
    model = {"id": model_id or ids.lower_id(6), "name": name, "contentType": "application/json", "schema": text}
    if isinstance(schema, dict) and schema.get("description"):
        model["description"] = str(schema["description"])
    save_part(ctx, api["id"], "model", name, model)
    return name


def model_name(reference: str) -> str:
    """`#/definitions/Pet` -> `Pet`"""
    return reference.rpartition("/")[2]


def _schemas(spec: Json) -> Iterator[tuple[str, Any]]:
    yield from (spec.get("definitions") or {}).items()
    yield from ((spec.get("components") or {}).get("schemas") or {}).items()


def _rewritten(value: Any, api_id: str) -> Any:
    """References between schemas become references between models."""
    if isinstance(value, list):
        return [_rewritten(item, api_id) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _rewritten(item, api_id) for key, item in value.items()}
    reference = result.get("$ref")
    if isinstance(reference, str) and reference.startswith(_PREFIXES):
        result["$ref"] = f"https://apigateway.amazonaws.com/restapis/{api_id}/models/{model_name(reference)}"
    return result
