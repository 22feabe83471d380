"""A template's sections, checked for CloudFormation's structure.

Rule: what is in a `Template` has the right shape; what it says is not evaluated yet.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import re
from collections.abc import ItemsView, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.template.document import Document, TemplateError, TemplatePath

_SECTIONS = frozenset(
    [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Transform",
        "Hooks",
        "Resources",
        "Outputs",
        "Globals",
    ]
)
_RESOURCE_ATTRIBUTES = frozenset(
    [
        "Type",
        "Properties",
        "Condition",
        "DependsOn",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "UpdatePolicy",
        "CreationPolicy",
        "Metadata",
        "Description",
        "Version",
    ]
)
_MOST_RESOURCES = 500
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
SERVERLESS = "AWS::Serverless-2016-10-31"
FOR_EACH = "Fn::ForEach::"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One resource as the template declares it; `properties` are unevaluated."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    condition: str | None = None
    depends_on: tuple[str, ...] = ()
    deletion_policy: Any = None
    update_replace_policy: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> TemplatePath:
        return ("Resources", self.logical_id, "Properties")


@dataclass(frozen=True, slots=True)
class Template:
    """The sections of a template; loops are expanded before (see foreach.py)."""

    document: Document
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Declaration]
    outputs: Mapping[str, Mapping[str, Any]]


def transforms(data: Mapping[str, Any]) -> list[str]:
    """The names of the transforms that the template asks for."""
    asked = data.get("Transform", [])
    items = asked if isinstance(asked, list) else [asked]
    return [str(item.get("Name")) if isinstance(item, dict) else str(item) for item in items]


def template(document: Document) -> Template:
    """The document's sections. TemplateError with the place of what has the wrong shape."""
    data = document.data
    unknown = [key for key in data if key not in _SECTIONS]
    if unknown:
        raise TemplateError(f"Invalid template property or properties [{', '.join(map(str, unknown))}]", (unknown[0],))
    _refuse_nulls(data)
    sections = {name: _section(data, name) for name in ("Resources", *(_SECTIONS - {"Transform"}))}
    _check_mappings(sections["Mappings"])
    if not sections["Resources"] and not sections["Outputs"]:  # CDK makes stacks that only export something
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    if len(sections["Resources"]) > _MOST_RESOURCES:
        number = len(sections["Resources"])
        text = f"Number of resources, {number}, is greater than maximum allowed, {_MOST_RESOURCES}"
        raise TemplateError(f"Template format error: {text}", ("Resources",))
    return Template(
        document=document,
        description=str(data.get("Description", "")),
        parameters=_typed(sections["Parameters"], "Parameters"),
        rules=sections["Rules"],
        mappings=sections["Mappings"],
        conditions=sections["Conditions"],
        resources={name: _declaration(name, body) for name, body in sections["Resources"].items()},
        outputs=_outputs(sections["Outputs"]),
    )


def parameters(document: Document) -> Mapping[str, Mapping[str, Any]]:
    """The Parameters section alone: the rest can only be read with their values."""
    return _typed(_section(document.data, "Parameters"), "Parameters")


def _refuse_nulls(node: Any, path: TemplatePath = ()) -> None:
    if node is None:
        raise TemplateError(f"[/{'/'.join(map(str, path))}] 'null' values are not allowed in templates", path)
    if isinstance(node, (dict, list)):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            if child is None or isinstance(child, (dict, list)):
                _refuse_nulls(child, (*path, key))


def _section(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = data.get(name, {})
    if name in ("AWSTemplateFormatVersion", "Description"):
        return {}
    if not isinstance(section, dict):
        if name == "Resources":
            raise TemplateError("Template format error: Any Resources member must be an object.", (name,))
        raise TemplateError(f"Template format error: [/{name}] must be an object", (name,))
    return section


def _declaration(name: str, body: Any) -> Declaration:
    path = ("Resources", name)
    if not isinstance(body, dict):
        raise TemplateError("Template format error: Any Resources member must be an object.", path)
    if not isinstance(body.get("Type"), str):
        raise TemplateError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member.", path
        )
    if not _ALPHANUMERIC.fullmatch(str(name)):
        raise TemplateError(f"Template format error: Resource name {name} is non alphanumeric.", path)
    for key in body:
        if key not in _RESOURCE_ATTRIBUTES:
            raise TemplateError(f"Invalid template resource property '{key}'", (*path, key))
    properties = body.get("Properties") or {}
    if not isinstance(properties, dict):
        raise TemplateError(
            f"Template format error: [/Resources/{name}/Properties] must be an object", (*path, "Properties")
        )
    depends_on = body.get("DependsOn", ())
    return Declaration(
        logical_id=name,
        type=body["Type"],
        properties=properties,
        condition=body.get("Condition"),
        depends_on=(depends_on,) if isinstance(depends_on, str) else tuple(depends_on),
        deletion_policy=body.get("DeletionPolicy"),
        update_replace_policy=body.get("UpdateReplacePolicy"),
        metadata=body.get("Metadata") or {},
    )


def _typed(section: dict[str, Any], name: str) -> dict[str, Any]:
    for key, body in section.items():
        if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
            raise TemplateError(f"Template format error: Every {name} object must contain a Type member.", (name, key))
    return section


def _check_mappings(mappings: Mapping[str, Any]) -> None:
    for name, body in mappings.items():
        for key, attributes in _mapping(name, body, ("Mappings", name)):
            for attribute, value in _mapping(key, attributes, ("Mappings", name, key)):
                if isinstance(value, dict):
                    text = "Template format error: Every Mappings attribute must be a String or a List."
                    raise TemplateError(text, ("Mappings", name, key, attribute))


def _mapping(name: str, body: Any, path: TemplatePath) -> ItemsView[str, Any]:
    if not isinstance(body, dict):
        raise TemplateError(f"Template format error: Every Mappings member {name} must be a map", path)
    return body.items()


def _outputs(section: dict[str, Any]) -> dict[str, Any]:
    for key, body in section.items():
        if not isinstance(body, dict) or "Value" not in body:
            raise TemplateError(
                "Template format error: Every Outputs member must contain a Value object",
                ("Outputs", key),
            )
    return section
