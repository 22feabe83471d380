"""The intrinsic functions, as a table.

Rule: one function each, (evaluator, unevaluated argument, path) -> plain value, with CloudFormation's message texts.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from penstock.template.document import MissingExport, TemplateError, TemplatePath
from penstock.template.scope import NO_VALUE, PSEUDO_PARAMETERS

if TYPE_CHECKING:  # the evaluator is built on this table
    from penstock.template.intrinsics import Evaluator

ZONES = "abc"

_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_.:]+")


def function_name(node: dict[str, Any]) -> str | None:
    """The function that this node calls, or None for a plain mapping."""
    if len(node) != 1:
        return None
    name = next(iter(node))
    return name if isinstance(name, str) and (name == "Ref" or name.startswith("Fn::")) else None


def as_text(value: Any) -> str:
    """A scalar as CloudFormation writes it into a string."""
    return value if isinstance(value, str) else json.dumps(value)


def get_att_parts(argument: Any) -> tuple[Any, Any]:
    """(logical id, attribute) of either form of Fn::GetAtt; (None, None) when it is neither."""
    if isinstance(argument, str) and "." in argument:
        name, _, attribute = argument.partition(".")
        return name, attribute
    if isinstance(argument, list) and len(argument) >= 2:
        joined = ".".join(argument[1:]) if all(isinstance(part, str) for part in argument[1:]) else argument[1]
        return argument[0], joined
    return None, None


def substitutions(text: str) -> list[str]:
    """The names inside ${...} of a Fn::Sub string, literals (${!x}) left out."""
    return [name.strip() for literal, name in _VARIABLE.findall(text) if not literal]


def _ref(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> Any:
    scope = evaluator.scope
    name = argument if isinstance(argument, str) else evaluator.value(argument, path)
    if name in PSEUDO_PARAMETERS:
        return scope.pseudo_parameter(name)
    if name in scope.parameters:
        return scope.parameters[name]
    resource = scope.resources.get(name)
    if resource is None:
        raise _unresolved(name, path)
    return resource.physical_id


def _get_att(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> Any:
    name, attribute = get_att_parts(argument)
    if not name or not attribute:
        raise TemplateError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, "
            "the resource name and the resource attribute",
            path,
        )
    return _attribute(evaluator, evaluator.value(name, path), evaluator.value(attribute, path), path)


def _attribute(evaluator: "Evaluator", name: str, attribute: str, path: TemplatePath) -> Any:
    resource = evaluator.scope.resources.get(name)
    if resource is None:
        raise TemplateError(f"Template error: instance of Fn::GetAtt references undefined resource {name}", path)
    if attribute not in resource.attributes:
        raise TemplateError(
            f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt", path
        )
    return resource.attributes[attribute]


def _unresolved(name: str, path: TemplatePath) -> TemplateError:
    block = path[0] if path else "Resources"
    return TemplateError(
        f"Template format error: Unresolved resource dependencies [{name}] in the {block} block of the template", path
    )


_JOIN = (
    "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings "
    "to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
)


def _join(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> str:
    delimiter, items = _pair(argument, _JOIN, path)
    values = evaluator.value(items, (*path, 1))
    if not isinstance(delimiter, str) or not isinstance(values, list):
        raise TemplateError(_JOIN, path)
    if any(isinstance(value, (dict, list)) or value is None for value in values):
        raise TemplateError(_JOIN, path)
    return delimiter.join(map(as_text, values))


_SUB = (
    "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
    "first argument, and an optional second argument to specify a mapping of values to replace in the string"
)
_SUB_VALUE = (
    "Template error: every value of the context object of every Fn::Sub object must be a string or a function that "
    "returns a string"
)


def _sub(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> str:
    text, context = (argument, {}) if isinstance(argument, str) else _pair(argument, _SUB, path)
    if not isinstance(text, str) or not isinstance(context, dict):
        raise TemplateError(_SUB, path)
    values = {key: evaluator.text(node, (*path, 1, key), _SUB_VALUE) for key, node in context.items()}

    def replacement(match: re.Match[str]) -> str:
        literal, name = match.group(1), match.group(2).strip()
        if literal:
            return "${" + match.group(2) + "}"
        return values[name] if name in values else _variable(evaluator, name, path)

    return _VARIABLE.sub(replacement, text)


def _variable(evaluator: "Evaluator", name: str, path: TemplatePath) -> str:
    if not _VARIABLE_NAME.fullmatch(name):
        raise TemplateError(
            "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, "
            "periods, and colons",
            path,
        )
    logical_id, dot, attribute = name.partition(".")
    value = _attribute(evaluator, logical_id, attribute, path) if dot else _ref(evaluator, name, path)
    if isinstance(value, (dict, list)) or value is NO_VALUE or value is None:
        raise TemplateError(_SUB_VALUE, path)
    return as_text(value)


def _select(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> Any:
    message = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
    index_node, items_node = _pair(argument, message, path)
    index = evaluator.text(index_node, (*path, 0), message)
    items = evaluator.value(items_node, (*path, 1))
    if not isinstance(items, list) or not index.isdecimal():
        raise TemplateError(message, path)
    if int(index) >= len(items):
        raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {index}", path)
    return items[int(index)]


def _split(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> list[str]:
    message = (
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to "
        "be split or a function that returns a string to be split."
    )
    delimiter, text = _pair(argument, message, path)
    if not isinstance(delimiter, str) or not delimiter:
        raise TemplateError(message, path)
    return evaluator.text(text, (*path, 1), message).split(delimiter)


def _if(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> Any:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise TemplateError("Template error: Fn::If requires a list argument with three elements", path)
    branch = 1 if evaluator.condition(argument[0], path) else 2
    return evaluator.value(argument[branch], (*path, branch))


def _equals(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> bool:
    left, right = _pair(argument, "Template error: Fn::Equals requires a list argument with two elements", path)
    return bool(_comparable(evaluator.value(left, path)) == _comparable(evaluator.value(right, path)))


def _comparable(value: Any) -> Any:
    return value if isinstance(value, (dict, list)) else as_text(value)


def _boolean(name: str, combine: Callable[[Iterable[bool]], bool]) -> "Function":
    def function(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> bool:
        if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
            raise TemplateError(
                f"Template error: every {name} object requires a list of at least 2 and at most 10 boolean parameters.",
                path,
            )
        return combine(evaluator.truth(node, (*path, index)) for index, node in enumerate(argument))

    return function


def _not(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> bool:
    if not isinstance(argument, list) or len(argument) != 1:
        raise TemplateError("Template error: every Fn::Not object requires one boolean parameter.", path)
    return not evaluator.truth(argument[0], (*path, 0))


def _find_in_map(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> Any:
    message = (
        "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute "
        "for return value"
    )
    if not isinstance(argument, list) or not 3 <= len(argument) <= 4:
        raise TemplateError(message, path)
    keys = [evaluator.text(node, (*path, index), message) for index, node in enumerate(argument[:3])]
    found: Any = evaluator.scope.mappings
    for key in keys:
        found = found.get(key, NO_VALUE) if isinstance(found, Mapping) else NO_VALUE
    if found is not NO_VALUE:
        return found
    if len(argument) == 4 and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
        return evaluator.value(argument[3]["DefaultValue"], (*path, 3, "DefaultValue"))
    raise TemplateError(f"Template error: Unable to get mapping for {'::'.join(keys)}", path)


def _get_azs(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> list[str]:
    region = evaluator.text(argument, path, "Template error: Fn::GetAZs requires a string") or evaluator.scope.region
    return [region + zone for zone in ZONES]


def _import_value(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> str:
    name = evaluator.text(argument, path, "Template error: the attribute in Fn::ImportValue must be a string")
    if name not in evaluator.scope.exports:
        raise MissingExport(f"No export named {name} found", path)
    return evaluator.scope.exports[name]


def _get_stack_output(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> str:
    given = evaluator.value(argument, path)
    if not isinstance(given, dict) or not {"StackName", "OutputName"} <= given.keys():
        raise TemplateError("Template error: Fn::GetStackOutput requires StackName and OutputName", path)
    stack, output = given["StackName"], given["OutputName"]
    key = (stack, output, given.get("Region", evaluator.scope.region))
    if key not in evaluator.scope.outputs:
        raise TemplateError(f"Fn::GetStackOutput: stack {stack} has no output {output} in {key[2]}", path)
    return evaluator.scope.outputs[key]


def _base64(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> str:
    text = evaluator.text(argument, path, "Template error: every Fn::Base64 object must have a String-typed value.")
    return base64.b64encode(text.encode()).decode()


def _cidr(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> list[str]:
    message = "Template error: Fn::Cidr requires an IP block, a count from 1 to 256 and, optionally, the CIDR bits"
    values = evaluator.value(argument, path)
    if not isinstance(values, list) or not 2 <= len(values) <= 3:
        raise TemplateError(message, path)
    try:
        block, count = ipaddress.ip_network(values[0]), int(values[1])
        bits = int(values[2]) if len(values) == 3 else (8 if block.version == 4 else 64)
        blocks = list(islice(block.subnets(new_prefix=block.max_prefixlen - bits), min(count, 256)))
    except ValueError as error:
        raise TemplateError(f"{message} ({error})", path) from error
    if not 1 <= count <= 256 or len(blocks) < count:
        raise TemplateError(f"{message} ({values[0]} has room for {len(blocks)} blocks)", path)
    return [str(subnet) for subnet in blocks]


def _length(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> int:
    value = evaluator.value(argument, path)
    if not isinstance(value, list):
        raise TemplateError("Template error: Fn::Length requires a list", path)
    return len(value)


def _to_json_string(evaluator: "Evaluator", argument: Any, path: TemplatePath) -> str:
    value = evaluator.value(argument, path)
    if not isinstance(value, (dict, list)):
        raise TemplateError("Template error: Fn::ToJsonString requires an object or an array", path)
    return json.dumps(value, separators=(",", ":"))


def _pair(argument: Any, message: str, path: TemplatePath) -> tuple[Any, Any]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise TemplateError(message, path)
    return argument[0], argument[1]


Function = Callable[["Evaluator", Any, TemplatePath], Any]

FUNCTIONS: dict[str, Function] = {
    "Ref": _ref,
    "Fn::And": _boolean("Fn::And", all),
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Not": _not,
    "Fn::Or": _boolean("Fn::Or", any),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json_string,
}
