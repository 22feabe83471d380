"""`penstock check`: what a template asks for that will not be as on AWS, without starting anything.

Rule: nothing is silently dropped. Each finding names the resource, the property and the line.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from penstock.template import document, macros, model, parameters, reachability
from penstock.template.assembly import Stack
from penstock.template.blueprint import Blueprint, blueprint, sections
from penstock.template.document import TemplateError, TemplatePath
from penstock.template.finding import INERT, INVALID, UNSUPPORTED, Finding, finding
from penstock.template.functions import FUNCTIONS, function_name
from penstock.template.graph import references
from penstock.template.model import FOR_EACH, Declaration, Template
from penstock.template.plan import UNKNOWN
from penstock.template.provider import Properties, ResourceType
from penstock.template.rules import RULE_FUNCTIONS
from penstock.template.scope import Scope
from penstock.template.types import CUSTOM, location, type_of

WAIT_CONDITION = "AWS::CloudFormation::WaitCondition"
NESTED_STACK = "AWS::CloudFormation::Stack"
_ATTRIBUTES = {
    "CreationPolicy": "no signals are awaited",
    "UpdatePolicy": "updates are made at once",
}


def check(stacks: Sequence[Stack], types: Mapping[str, ResourceType]) -> list[Finding]:
    """The findings of every stack, in the templates' order, and then what none of them shows alone.

    `types` as made by `types.collect`.
    """
    own = [found for stack in stacks for found in _Check(stack, types).findings()]
    return [*own, *reachability.findings(stacks)]


class _Check:
    def __init__(self, stack: Stack, types: Mapping[str, ResourceType]) -> None:
        self._stack = stack
        self._types = types

    def findings(self) -> Iterator[Finding]:
        if transformed := list(self._transformed()):
            yield from transformed
            return
        try:
            scope = self._scope()
            template = sections(self._stack.document, scope)
        except TemplateError as error:
            yield self._finding(INVALID, error.path, error.message)
            return
        for section in ("Conditions", "Outputs", "Rules"):
            yield from self._functions(self._stack.document.data.get(section) or {}, (section,), section == "Rules")
        for body in template.resources.values():
            yield from self._resource(body)
        unresolved = list(self._unresolved(template))
        yield from unresolved or self._evaluated(scope, template)
        yield from self._networks()

    def _transformed(self) -> Iterator[Finding]:
        for transform, path in macros.uses(self._stack.document):
            reason = f"what {transform.name} makes of the template is known when it is deployed, and not checked"
            yield self._finding(UNSUPPORTED, path, reason)

    def _networks(self) -> Iterator[Finding]:
        for network in self._stack.networks:
            how = "made up, as cdk.context.json does not say" if network.made_up else "made as cdk.context.json says"
            reason = f"it is looked up in an AWS account; here it is {how}"
            file = str(self._stack.document.file or "template")
            yield Finding(INERT, self._stack.name, network.id, "AWS::EC2::VPC", "", reason, file, None)

    def _scope(self) -> Scope:
        declared = model.parameters(self._stack.document)
        needed = {name: "" for name, body in declared.items() if "Default" not in body}
        given = {**needed, **{name: str(body["Default"]) for name, body in declared.items() if "Default" in body}}
        given |= self._stack.parameters
        checked = {name: body for name, body in declared.items() if name not in needed}
        parameters.values(checked, {name: given[name] for name in checked})
        typed = parameters.typed(declared, given, {name: "6" for name in parameters.ssm_names(declared, given)})
        stack_id = f"arn:aws:cloudformation:{self._stack.region}:{self._stack.account}:stack/{self._stack.name}/check"
        where = (self._stack.account, self._stack.region, stack_id, self._stack.name)
        return Scope(*where, parameters=typed, exports=_Anything(), outputs=_Anything())

    def _unresolved(self, template: Template) -> Iterator[Finding]:
        for body in template.resources.values():
            for reference in references(body.properties, body.path):
                if reference.name not in template.resources and reference.name not in template.parameters:
                    text = f"Template format error: Unresolved resource dependencies [{reference.name}]"
                    yield self._finding(INVALID, reference.path, f"{text} in the Resources block of the template")

    def _evaluated(self, scope: Scope, template: Template) -> Iterator[Finding]:
        """What shows only when the properties are evaluated, as far as they can be known before anything exists."""
        try:
            plan = blueprint(self._stack.document, scope)
        except TemplateError as error:
            yield self._finding(INVALID, error.path, error.message)
            return
        helpers = _helpers(template, self._types)
        for logical_id in plan.order:
            yield from self._values(plan, plan.declared[logical_id], logical_id in helpers)
        yield from self._outputs(plan)

    def _resource(self, body: Declaration) -> Iterator[Finding]:
        path = ("Resources", body.logical_id)
        kind = type_of(self._types, body.type)
        source = self._stack.document.data["Resources"].get(body.logical_id, {})
        for name, reason in _ATTRIBUTES.items():
            if name in source and body.type != WAIT_CONDITION:
                yield self._finding(INERT, (*path, name), reason)
        if "Snapshot" in (body.deletion_policy, body.update_replace_policy):
            yield self._finding(INERT, (*path, "DeletionPolicy"), "no snapshot is taken: Snapshot is Delete")
        if kind is None:
            yield self._finding(UNSUPPORTED, (*path, "Type"), "the resource type is not supported")
        elif "*" in kind.properties:
            pass
        elif kind.recorded:
            yield self._finding(INERT, (*path, "Type"), kind.recorded)
        else:
            yield from self._names(kind, body.properties, body.path, "")
        yield from self._functions(body.properties, body.path)

    def _names(self, kind: ResourceType, node: Any, path: TemplatePath, prefix: str) -> Iterator[Finding]:
        """Property names that are not supported; what a function yields is looked at in both its branches."""
        if isinstance(node, list):
            for index, child in enumerate(node):
                yield from self._names(kind, child, (*path, index), prefix)
            return
        if not isinstance(node, Mapping):
            return
        if function_name(dict(node)) is not None:
            branches = node.get("Fn::If")
            for index, branch in enumerate(branches) if isinstance(branches, list) else ():
                yield from self._names(kind, branch, (*path, "Fn::If", index), prefix)
            return
        for key, child in node.items():
            yield from self._name(kind, str(key), child, (*path, key), prefix)

    def _name(self, kind: ResourceType, key: str, child: Any, path: TemplatePath, prefix: str) -> Iterator[Finding]:
        name = f"{prefix}{key}"
        if name in kind.inert:
            yield self._finding(INERT, path, kind.inert[name])
        elif name in kind.properties:
            if any(other.startswith(f"{name}.") for other in kind.inert):
                yield from self._inert_below(kind, child, path, f"{name}.")
        elif any(other.startswith(f"{name}.") for other in (*kind.properties, *kind.inert)):
            yield from self._names(kind, child, path, f"{name}.")
        else:
            yield self._finding(UNSUPPORTED, path, "the property is not supported")

    def _inert_below(self, kind: ResourceType, node: Any, path: TemplatePath, prefix: str) -> Iterator[Finding]:
        """Below a wholly supported property only what is named as inert is a finding."""
        for found in self._names(kind, node, path, prefix):
            if found.severity == INERT:
                yield found

    def _functions(self, node: Any, path: TemplatePath, rules: bool = False) -> Iterator[Finding]:
        if isinstance(node, list):
            for index, child in enumerate(node):
                yield from self._functions(child, (*path, index), rules)
        if not isinstance(node, Mapping):
            return
        known = RULE_FUNCTIONS if rules else FUNCTIONS
        for key, child in node.items():
            name = str(key)
            if name.startswith("Fn::") and not name.startswith(FOR_EACH) and name not in known:
                yield self._finding(UNSUPPORTED, (*path, name), f"{name} is not supported")
            yield from self._functions(child, (*path, name), rules)

    def _values(self, plan: Blueprint, body: Declaration, helper: bool) -> Iterator[Finding]:
        plan.resources[body.logical_id] = UNKNOWN
        kind = type_of(self._types, body.type)
        try:
            values = plan.properties(body.logical_id)
        except TemplateError as error:
            yield from self._refused(error, body.properties, body.path)
            return
        for name, reason in kind.problems(values) if kind and kind.problems and not helper else ():
            yield self._finding(UNSUPPORTED, (*body.path, *name.split(".")), reason)
        if body.type == NESTED_STACK:
            yield from self._nested(body, values)

    def _outputs(self, plan: Blueprint) -> Iterator[Finding]:
        try:
            plan.outputs()
        except TemplateError as error:
            yield from self._refused(error, plan.template.outputs, ("Outputs",))

    def _refused(self, error: TemplateError, root: Any, path: TemplatePath) -> Iterator[Finding]:
        """Not a finding: a function named before, and one that fails because its argument is not known yet.

        `root` is what stands at `path` once loops are written out.
        """
        node = root
        for step in error.path[len(path) :]:
            node = _get(node, step)
        if "unsupported function" not in error.message and next(references(node), None) is None:
            yield self._finding(INVALID, error.path, error.message)

    def _nested(self, body: Declaration, values: Properties) -> Iterator[Finding]:
        file = self._stack.assets.files.get(location(str(values.get("TemplateURL", ""))) or ("", ""))
        if file is None:
            yield self._finding(UNSUPPORTED, (*body.path, "TemplateURL"), "the template is no asset of this app")
            return
        name = f"{self._stack.name}/{body.logical_id}"
        nested = Stack(name, document.read(file), self._stack.account, self._stack.region, assets=self._stack.assets)
        yield from _Check(nested, self._types).findings()

    def _finding(self, severity: str, path: TemplatePath, reason: str) -> Finding:
        return finding(self._stack, severity, path, reason)


def _helpers(template: Template, types: Mapping[str, ResourceType]) -> set[str]:
    """The functions of CDK's own that are never run here: Penstock does itself what they would do."""
    found = set()
    for body in template.resources.values():
        if body.type in types and "ServiceToken" in body.properties and body.type != CUSTOM:
            found |= {reference.name for reference in references(body.properties["ServiceToken"])}
        if str(body.properties.get("Handler", "")).startswith("framework."):
            found.add(body.logical_id)
    return found


def _get(node: Any, step: str | int) -> Any:
    if isinstance(node, list):
        return node[int(step)] if int(step) < len(node) else None
    return node.get(step) if isinstance(node, Mapping) else None


class _Anything(dict[Any, str]):
    """Exports and outputs of stacks that are not there yet."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: object) -> str:
        return "{{unknown}}"
