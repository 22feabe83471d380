"""Where Swagger 2 and OpenAPI 3 differ in what is exported. Two tables of functions."""

from collections.abc import Callable
from typing import NamedTuple

from penstock.wire.model import Json

_STRING = {"type": "string"}


class Dialect(NamedTuple):
    """`models` are {media type: reference to a schema}."""

    schemas: str  # what a reference to a schema begins with
    parameter: Callable[[Json], Json]
    body: Callable[[Json], Json]  # models -> members of an operation
    response: Callable[[Json, list[str], Json], Json]  # response so far, names of headers, models
    media: Callable[[list[str], list[str]], Json]  # media types consumed and produced
    components: Callable[[Json, Json], Json]  # schemas, security schemes


def _some(**given: Json | list[str]) -> Json:
    """Those that are not empty."""
    return {name: value for name, value in given.items() if value}


def _swagger_body(models: Json) -> Json:
    reference = next(iter(models.values()), None)
    if reference is None:
        return {}
    name = reference["$ref"].rpartition("/")[2]
    return {"parameters": [{"in": "body", "name": name, "required": True, "schema": reference}]}


def _swagger_response(response: Json, headers: list[str], models: Json) -> Json:
    schema: Json = next(iter(models.values()), {})
    return response | _some(schema=schema, headers={name: _STRING for name in headers})


def _openapi_response(response: Json, headers: list[str], models: Json) -> Json:
    content = {kind: {"schema": reference} for kind, reference in models.items()}
    return response | _some(headers={name: {"schema": _STRING} for name in headers}) | {"content": content}


def _openapi_parameter(parameter: Json) -> Json:
    required = {"required": True} if parameter["required"] else {}
    return {"name": parameter["name"], "in": parameter["in"], **required, "schema": _STRING}


def _openapi_body(models: Json) -> Json:
    content = {kind: {"schema": reference} for kind, reference in models.items()}
    return {"requestBody": {"content": content, "required": True}} if content else {}


SWAGGER = Dialect(
    schemas="#/definitions/",
    parameter=lambda parameter: {**parameter, **_STRING},
    body=_swagger_body,
    response=_swagger_response,
    media=lambda consumes, produces: _some(consumes=consumes, produces=produces),
    components=lambda schemas, schemes: _some(securityDefinitions=schemes, definitions=schemas),
)
OAS30 = Dialect(
    schemas="#/components/schemas/",
    parameter=_openapi_parameter,
    body=_openapi_body,
    response=_openapi_response,
    media=lambda consumes, produces: {},
    components=lambda schemas, schemes: {"components": _some(schemas=schemas, securitySchemes=schemes)},
)
