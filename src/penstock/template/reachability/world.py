"""The resources of all stacks together, evaluated as far as they can be known before anything exists. Pure.

Rule: a resource's id and attributes are tokens, `{{Stack/LogicalId}}` and `{{Stack/LogicalId.Attribute}}`, which go
through joins, exports and parameters as the real values would. What a token is part of tells which resource is meant.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.template import document, dynamic, model, parameters
from penstock.template.assembly import Stack
from penstock.template.blueprint import Blueprint, blueprint
from penstock.template.document import TemplateError, TemplatePath
from penstock.template.functions import function_name
from penstock.template.graph import references
from penstock.template.model import Declaration
from penstock.template.provider import Resource
from penstock.template.scope import NO_VALUE, Scope
from penstock.template.types import location

UNKNOWN = "{{unknown}}"

_TOKEN = re.compile(r"(?:arn:aws:-:[^:]*:[^:]*:)?\{\{([^{}]+)/([A-Za-z0-9]+)(?:\.([^{}]*))?\}\}")
_ROUNDS = 5  # a value may pass through this many stacks
_NESTED = "AWS::CloudFormation::Stack"
_NETWORKED = (
    "AWS::EC2::VPC",
    "AWS::ServiceDiscovery::PrivateDnsNamespace",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
)
# Only these are evaluated.
_LOOKED_AT = re.compile(
    r"AWS::(EC2|ECS|ElasticLoadBalancingV2|ServiceDiscovery)::\w+"
    r"|AWS::Lambda::(Function|Alias|Version|EventSourceMapping|EventInvokeConfig)"
    r"|AWS::IAM::(Role|Policy|ManagedPolicy|RolePolicy)|AWS::SSM::Parameter|AWS::CloudFormation::Stack"
    r"|AWS::ApiGateway::(VpcLink|Method)|AWS::ApiGatewayV2::(VpcLink|Integration)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A resource with its properties, of which each leaf is a value, has tokens in it, or is UNKNOWN."""

    stack: Stack
    logical_id: str
    type: str
    properties: Mapping[str, Any]

    def path(self, *steps: str | int) -> TemplatePath:
        return ("Resources", self.logical_id, "Properties", *steps)

    def get(self, *steps: str) -> Any:
        """A property, or one below it; None where there is none."""
        node: Any = self.properties
        for step in steps:
            node = node.get(step) if isinstance(node, Mapping) else None
        return node

    def items(self, *steps: str) -> list[Any]:
        """A property that is a list."""
        found = self.get(*steps)
        return found if isinstance(found, list) else [] if found is None else [UNKNOWN]


class World:
    """`things` by stack name and logical id."""

    def __init__(self, things: Mapping[tuple[str, str], Thing]) -> None:
        self.things = things
        self._by_type: dict[str, list[Thing]] = {}
        for thing in things.values():
            self._by_type.setdefault(thing.type, []).append(thing)

    def all(self, *types: str) -> list[Thing]:
        return [thing for type in types for thing in self._by_type.get(type, ())]

    def of(self, value: Any, *types: str) -> Thing | None:
        """The resource of these types that a value is the id, ARN or another attribute of."""
        match = _TOKEN.fullmatch(value) if isinstance(value, str) else None
        found = self.things.get((match[1], match[2])) if match else None
        return found if found is not None and found.type in types else None

    def each(self, values: list[Any], *types: str) -> list[Thing] | None:
        """The same of a list; None where one of them is not known."""
        found = [self.of(value, *types) for value in values]
        return None if None in found else [thing for thing in found if thing is not None]


def is_known(value: Any) -> bool:
    """Whether a value is plain text or a number."""
    return isinstance(value, (int, float)) or (isinstance(value, str) and "{{" not in value)


@dataclass(slots=True)
class _Sheet:
    """One stack on the way: `parameters` and what others export are filled in round by round."""

    stack: Stack
    plan: Blueprint
    things: dict[str, Thing] = field(default_factory=dict)


@dataclass(slots=True)
class _Shared:
    """What stacks learn from each other; a new value is a reason for another round."""

    exports: dict[Any, Any] = field(default_factory=lambda: _Unknown())
    outputs: dict[Any, Any] = field(default_factory=lambda: _Unknown())
    stored: dict[tuple[str, str], Any] = field(default_factory=dict)  # (region, SSM parameter) -> value

    def state(self) -> tuple[Any, ...]:
        return dict(self.exports), dict(self.outputs), dict(self.stored)


class _Unknown(dict[Any, Any]):
    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: object) -> str:
        return UNKNOWN


class _Attributes(dict[str, str]):
    """A resource's attributes: a property of the same name where the template says it, else a token."""

    def __init__(self, stack: Stack, body: Declaration, outputs: Mapping[Any, Any]) -> None:
        super().__init__()
        self._stack, self._body, self._outputs = stack, body, outputs

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        if self._body.type == _NESTED and name.startswith("Outputs."):
            nested = f"{self._stack.name}/{self._body.logical_id}"
            return str(self._outputs[nested, name.removeprefix("Outputs."), self._stack.region])
        given = self._body.properties.get(name)
        if isinstance(given, str):
            return given
        token = _token(self._stack, f"{self._body.logical_id}.{name}")
        return f"arn:aws:-:{self._stack.region}:{self._stack.account}:{token}" if name.endswith("Arn") else token


def world_of(stacks: Sequence[Stack]) -> World | None:
    """None where there is nothing to look at, or nothing to be sure of."""
    if not any(_has_network(stack) for stack in stacks):
        return None
    try:
        return _evaluated(stacks)
    except TemplateError:
        return None  # said by the check of its stack


def _has_network(stack: Stack) -> bool:
    resources = stack.document.data.get("Resources")
    bodies = resources.values() if isinstance(resources, dict) else ()
    return any(isinstance(body, dict) and body.get("Type") in (*_NETWORKED, _NESTED) for body in bodies)


def _evaluated(stacks: Sequence[Stack]) -> World | None:
    shared = _Shared()
    things: dict[tuple[str, str], Thing] = {}
    for _ in range(_ROUNDS):
        before = shared.state()
        sheets = list(_sheets(stacks, shared))
        if any(sheet is None for sheet in sheets):
            return None
        things = {(s.stack.name, id): thing for s in sheets if s is not None for id, thing in s.things.items()}
        if shared.state() == before:
            break
    return World(things)


def _sheets(stacks: Sequence[Stack], shared: _Shared) -> Iterator[_Sheet | None]:
    """The stacks evaluated, and those nested in them; None for one whose resources are not certain."""
    for stack in stacks:
        sheet = _sheet(stack, shared)
        yield sheet
        nested = [thing for thing in sheet.things.values() if thing.type == _NESTED] if sheet else ()
        for thing in nested:
            inner = _nested(stack, thing)
            if inner is None:
                yield None
            else:
                yield from _sheets([inner], shared)


def _nested(stack: Stack, thing: Thing) -> Stack | None:
    file = stack.assets.files.get(location(str(thing.get("TemplateURL"))) or ("", ""))
    if file is None:
        return None
    given = {name: str(value) for name, value in (thing.get("Parameters") or {}).items()}
    name = f"{stack.name}/{thing.logical_id}"
    return Stack(name, document.read(file), stack.account, stack.region, parameters=given, assets=stack.assets)


def _sheet(stack: Stack, shared: _Shared) -> _Sheet | None:
    scope = _scope(stack, shared)
    if _undecided(stack, scope):
        return None
    sheet = _Sheet(stack, blueprint(stack.document, scope))
    declared = sheet.plan.declared
    for name, body in declared.items():
        attributes = _Attributes(stack, body, shared.outputs)
        sheet.plan.resources[name] = Resource(_token(stack, name), attributes)
    for name, body in declared.items():
        if _LOOKED_AT.fullmatch(body.type):
            properties = _filled(sheet, dict(body.properties), body.path, shared)
            sheet.things[name] = Thing(stack, name, body.type, properties)
    _share(sheet, shared)
    return sheet


def _scope(stack: Stack, shared: _Shared) -> Scope:
    declared = model.parameters(stack.document)
    given = {name: str(stack.parameters.get(name, body.get("Default", UNKNOWN))) for name, body in declared.items()}
    stored = {
        name: str(shared.stored.get((stack.region, key), UNKNOWN))
        for name, key in parameters.ssm_names(declared, given).items()
    }
    return Scope(
        stack.account,
        stack.region,
        f"arn:aws:cloudformation:{stack.region}:{stack.account}:stack/{stack.name}/check",
        stack.name,
        parameters=parameters.typed(declared, given, stored),
        exports=shared.exports,
        outputs=shared.outputs,
    )


def _undecided(stack: Stack, scope: Scope) -> bool:
    """Whether a condition depends on a parameter that has no value here: then nothing is known of what there is."""
    unknown = {name for name, value in scope.parameters.items() if "{{" in str(value)}
    conditions = stack.document.data.get("Conditions") or {}
    return any(reference.name in unknown for reference in references(conditions))


def _filled(sheet: _Sheet, node: Any, path: TemplatePath, shared: _Shared) -> Any:
    """The node evaluated; a function that fails on a token is UNKNOWN, and all the rest is not."""
    if isinstance(node, dict) and function_name(node) is None:
        pairs = ((key, _filled(sheet, child, (*path, key), shared)) for key, child in node.items())
        return {key: child for key, child in pairs if child is not NO_VALUE}
    if isinstance(node, list):
        values = (_filled(sheet, child, (*path, index), shared) for index, child in enumerate(node))
        return [child for child in values if child is not NO_VALUE]
    try:
        value = sheet.plan.evaluator.value(node, path)
    except TemplateError:
        return UNKNOWN
    return dynamic.fill(value, {text: _looked_up(sheet.stack, text, shared) for text in dynamic.references(value)})


def _looked_up(stack: Stack, reference: str, shared: _Shared) -> str:
    """`ssm:/name:1`: what the templates put there."""
    service, _, name = reference.partition(":")
    found = shared.stored.get((stack.region, name.partition(":")[0])) if service == "ssm" else None
    return UNKNOWN if found is None else str(found)


def _share(sheet: _Sheet, shared: _Shared) -> None:
    stack = sheet.stack
    for name, body in sheet.plan.template.outputs.items():
        if "Condition" in body and not sheet.plan.evaluator.condition(body["Condition"]):
            continue
        value = _filled(sheet, body["Value"], ("Outputs", name), shared)
        shared.outputs[stack.name, name, stack.region] = value
        if "Export" in body:
            export = _filled(sheet, body["Export"], ("Outputs", name), shared).get("Name")
            shared.exports[export] = value
    for thing in sheet.things.values():
        if thing.type == "AWS::SSM::Parameter" and is_known(thing.get("Name")):
            shared.stored[stack.region, str(thing.get("Name"))] = thing.get("Value")


def _token(stack: Stack, name: str) -> str:
    return f"{{{{{stack.name}/{name}}}}}"
