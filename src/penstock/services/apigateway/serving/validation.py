"""Request validators: required parameters, and bodies against their models.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.base.lazy import lazily
from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.refusal import Refusal
from penstock.wire.model import Json

Check = Callable[[RestExchange], None]
Validate = Callable[[Any], bool]
_jsonschema = lazily("jsonschema")
_referencing = lazily("referencing")
_MODELS = "https://apigateway.amazonaws.com/restapis/"


def compile_checks(method: Json, validators: Mapping[str, Json], models: Mapping[str, Json]) -> list[Check]:
    """What has to hold before a request reaches its integration; each check raises Refusal."""
    validator = validators.get(method.get("requestValidatorId") or "")
    if validator is None:
        return []
    checks: list[Check] = []
    required = sorted(name for name, needed in (method.get("requestParameters") or {}).items() if needed)
    if validator["validateRequestParameters"] and required:
        checks.append(_parameters([tuple(name.split(".", 3)[2:]) for name in required]))
    if validator["validateRequestBody"]:
        checks.append(_body(method.get("requestModels") or {}, models))
    return checks


def _parameters(required: list[tuple[str, ...]]) -> Check:
    def check(exchange: RestExchange) -> None:
        missing = [name for place, name in required if not _HAS[place](exchange, name)]
        if missing:
            raise Refusal("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: [{', '.join(missing)}]")

    return check


_HAS: dict[str, Callable[[RestExchange, str], bool]] = {
    "header": lambda exchange, name: bool(exchange.header(name)),
    "path": lambda exchange, name: name in exchange.params,
    "querystring": lambda exchange, name: bool(exchange.query.single.get(name)),
}


def _body(request_models: Mapping[str, str], models: Mapping[str, Json]) -> Check:
    schemas = {kind: _validator(name, models) for kind, name in request_models.items()}

    def check(exchange: RestExchange) -> None:
        kind = (exchange.header("content-type") or "application/json").split(";", 1)[0].strip()
        validate = schemas.get(kind) or schemas.get("$default")
        if validate is None:
            return
        try:
            valid = validate(orjson.loads(exchange.request.body or b"{}"))
        except orjson.JSONDecodeError:
            valid = False
        if not valid:
            raise Refusal("BAD_REQUEST_BODY", "Invalid request body")

    return check


def _validator(name: str, models: Mapping[str, Json]) -> Validate:
    """Models refer to one another by `https://apigateway.amazonaws.com/restapis/<id>/models/<name>`."""
    draft4_validator = _jsonschema.Draft4Validator  # asked for first: it brings `referencing.jsonschema` with it
    draft4 = _referencing.jsonschema.DRAFT4
    resources = [
        (f"{_MODELS}models/{other}", _referencing.Resource.from_contents(_schema(model), default_specification=draft4))
        for other, model in models.items()
    ]
    registry = _referencing.Registry().with_resources(resources)
    valid: Validate = draft4_validator(_schema(models.get(name)), registry=registry).is_valid
    return valid


def _schema(model: Json | None) -> Any:
    try:
        found = orjson.loads(model["schema"]) if model else {}
    except orjson.JSONDecodeError:
        found = {}
    return _local(found) if isinstance(found, dict) else {}


def _local(value: Any) -> Any:
    """References to models without the id of the API, which is the same for all of them."""
    if isinstance(value, dict):
        return {key: _reference(item) if key == "$ref" else _local(item) for key, item in value.items()}
    return [_local(item) for item in value] if isinstance(value, list) else value


def _reference(target: Any) -> Any:
    if isinstance(target, str) and target.startswith(_MODELS):
        return f"{_MODELS}models/{target.rpartition('/models/')[2]}"
    return target
