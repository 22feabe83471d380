"""Transforms: which ones a template asks for, and where.

Rule: what a transform does is the caller's; the order is CloudFormation's: those inside the template before those of
the template, and of nested ones the innermost first.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.template.document import Document, TemplateError, TemplatePath
from penstock.template.model import LANGUAGE_EXTENSIONS

_INSIDE = "Fn::Transform"


@dataclass(frozen=True, slots=True)
class Transform:
    """One use of a transform; `parameters` are unevaluated. `whole`: it is given the template, not a part of it."""

    name: str
    parameters: Mapping[str, Any]
    whole: bool


Run = Callable[[Transform, dict[str, Any]], Awaitable[Any]]  # (transform, what it is given) -> what takes its place


def declared(data: Mapping[str, Any]) -> list[Transform]:
    """Those of the Transform section. TemplateError where one has no name."""
    asked = data.get("Transform", [])
    return [_transform(item, whole=True) for item in (asked if isinstance(asked, list) else [asked])]


def is_transformed(document: Document) -> bool:
    """Whether the template is another one before it is read."""
    return next(uses(document), None) is not None


def uses(document: Document) -> Iterator[tuple[Transform, TemplatePath]]:
    """The transforms that are asked for, and where. Not AWS::LanguageExtensions: its loops are a matter of reading."""
    if "Transform" not in document.text:
        return
    for transform in declared(document.data):
        if transform.name != LANGUAGE_EXTENSIONS:
            yield transform, ("Transform",)
    yield from _inside(document.data, ())


def _inside(node: Any, path: TemplatePath) -> Iterator[tuple[Transform, TemplatePath]]:
    if isinstance(node, dict) and _INSIDE in node:
        yield _transform(node[_INSIDE], whole=False), (*path, _INSIDE)
    if isinstance(node, (dict, list)):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _inside(child, (*path, key))


async def expand(data: dict[str, Any], run: Run) -> dict[str, Any]:
    """The template with all its transforms carried out."""
    found: Any = await _expanded({key: child for key, child in data.items() if key != "Transform"}, run)
    for transform in declared(data):
        found = await run(transform, found)
        if not isinstance(found, dict):
            raise TemplateError("Template format error: unsupported structure.")
    result: dict[str, Any] = found
    return result


async def _expanded(node: Any, run: Run) -> Any:
    if isinstance(node, list):
        return [await _expanded(child, run) for child in node]
    if not isinstance(node, dict):
        return node
    rest = {key: await _expanded(child, run) for key, child in node.items() if key != _INSIDE}
    return await run(_transform(node[_INSIDE], whole=False), rest) if _INSIDE in node else rest


def _transform(given: Any, *, whole: bool) -> Transform:
    body = given if isinstance(given, dict) else {"Name": given}
    if not isinstance(body.get("Name"), str):
        raise TemplateError("Key Name of transform definition must be a string.")
    return Transform(body["Name"], body.get("Parameters") or {}, whole)
