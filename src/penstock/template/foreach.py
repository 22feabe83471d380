"""Fn::ForEach: loops in a template, written out before anything else reads it.

Rule: pure; a collection may refer to parameters and mappings only.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

import re
from typing import Any

from penstock.template.document import TemplateError, TemplatePath
from penstock.template.intrinsics import Evaluator
from penstock.template.model import FOR_EACH

_MOST = 5_000  # entries of one loop, whose inner loops multiply: ten times the resources that a template may have
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")


def expand(node: Any, evaluator: Evaluator, path: TemplatePath = ()) -> Any:
    """The node with every loop in it replaced by its iterations."""
    if isinstance(node, list):
        return [expand(child, evaluator, (*path, index)) for index, child in enumerate(node)]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, child in node.items():
        if isinstance(key, str) and key.startswith(FOR_EACH):
            result |= _loop(child, evaluator, (*path, key))
        else:
            result[key] = expand(child, evaluator, (*path, key))
    return result


def _loop(loop: Any, evaluator: Evaluator, path: TemplatePath) -> dict[str, Any]:
    if not isinstance(loop, list) or len(loop) != 3 or not isinstance(loop[2], dict):
        raise TemplateError("Template error: Fn::ForEach requires an identifier, a collection and a fragment", path)
    identifier, collection, fragment = loop
    values = evaluator.value(collection, (*path, 1))
    if not isinstance(identifier, str) or not isinstance(values, list):
        raise TemplateError("Template error: the collection of Fn::ForEach must be a list of strings", path)
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    result: dict[str, Any] = {}
    for value in flat:
        result |= expand(_replace(fragment, identifier, str(value)), evaluator, path)
        if len(result) > _MOST:
            raise TemplateError("Template error: Fn::ForEach makes too much of the template", path)
    return result


def _replace(node: Any, identifier: str, value: str) -> Any:
    if isinstance(node, str):
        plain = _NOT_ALPHANUMERIC.sub("", value)
        return node.replace(f"${{{identifier}}}", value).replace(f"&{{{identifier}}}", plain)
    if isinstance(node, list):
        return [_replace(child, identifier, value) for child in node]
    if not isinstance(node, dict):
        return node
    if node == {"Ref": identifier}:
        return value
    return {_replace(key, identifier, value): _replace(child, identifier, value) for key, child in node.items()}
