"""The JSON schemas of models, as AWS checks them: draft 4, and no keyword that this draft does not know.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html; texts as observed.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from penstock.base.lazy import lazily
from penstock.services.apigateway.lookup import bad_request

_jsonschema = lazily("jsonschema")
# fmt: off
_KEYWORDS = frozenset((
    "$ref", "$schema", "additionalItems", "additionalProperties", "allOf", "anyOf", "default", "definitions",
    "dependencies", "description", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "id", "items", "maxItems",
    "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not",
    "oneOf", "pattern", "patternProperties", "properties", "required", "title", "type", "uniqueItems",
))
# fmt: on
_NAMED = ("definitions", "dependencies", "patternProperties", "properties")  # schemas by name
_INVALID = "Invalid model schema specified"


def check_schema(text: str) -> None:
    """Raises AwsError where the schema of a model is not one."""
    errors = list(_errors(text))
    if errors:
        listed = ", ".join(errors)
        raise bad_request(f"Invalid model specified: Validation Result: warnings : [], errors : [{listed}]")


def _errors(text: str) -> Iterator[str]:
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield _INVALID
        return
    draft4 = _jsonschema.Draft4Validator
    yield from (_INVALID for _ in draft4(draft4.META_SCHEMA).iter_errors(schema))
    for found in _schemas(schema):
        unknown = sorted(found.keys() - _KEYWORDS)
        if unknown:
            yield f"{_INVALID}. Unsupported keyword(s): {orjson.dumps(unknown).decode()}"


def _schemas(value: Any) -> Iterator[dict[str, Any]]:
    """A schema and those in it; beside a reference nothing else of one counts."""
    if isinstance(value, list):
        for item in value:
            yield from _schemas(item)
    elif isinstance(value, dict) and "$ref" not in value:
        yield value
        for keyword in ("additionalItems", "additionalProperties", "allOf", "anyOf", "items", "not", "oneOf"):
            yield from _schemas(value.get(keyword))
        for keyword in _NAMED:
            named = value.get(keyword)
            yield from _schemas(list(named.values()) if isinstance(named, dict) else None)
