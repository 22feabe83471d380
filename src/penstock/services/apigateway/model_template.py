"""GetModelTemplate: a mapping template that makes an example of a model, to begin a template from.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_GetModelTemplate.html; the layout is as observed.
"""

from typing import Any

import orjson

from penstock.call import Context
from penstock.services.apigateway.lookup import part, parts
from penstock.wire.model import Json

_ROOT = "$inputRoot"
_EXAMPLES = {"string": '"foo"', "integer": "42", "number": "42.0", "boolean": "true", "null": "null"}
_MANY = "##TODO: Update this foreach loop to reference array from input json"


def get_model_template(ctx: Context, request: Json) -> Json:
    model = part(ctx, request["restApiId"], "model", request["modelName"])
    models = {found["name"]: found for found in parts(ctx, request["restApiId"], "model")}
    shown = _example(orjson.loads(model["schema"]), models, "", 0)
    return {"value": f"#set({_ROOT} = $input.path('$'))\n{shown}"}


def _example(schema: Any, models: dict[str, Json], indent: str, depth: int) -> str:
    """An example as text; a model that leads back to itself ends as an empty object."""
    schema = schema if isinstance(schema, dict) else {}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        found = models.get(reference.rpartition("/")[2])
        known = found is not None and depth < len(models)
        return _example(orjson.loads(found["schema"]), models, indent, depth + 1) if known and found else "{ }"
    if schema.get("type") == "array" or "items" in schema:
        item = _example(schema.get("items"), models, indent, depth)
        return f"[\n{_MANY}\n#foreach($elem in {_ROOT})\n{indent} {item}#if($foreach.hasNext),#end\n#end\n{indent}]"
    if "properties" in schema:
        inner = indent + "  "
        members = [f'{inner}"{k}" : {_example(v, models, inner, depth)}' for k, v in schema["properties"].items()]
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    return _EXAMPLES.get(str(schema.get("type")), "{ }")
