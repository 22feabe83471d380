"""A template with its parameters -> the resources to be made, in order, ready to be evaluated.

Rule: pure. Everything that can be refused before the first resource is touched is refused here.
"""

from dataclasses import dataclass, replace
from typing import Any

from penstock.template import foreach, graph, model, rules
from penstock.template.document import Document
from penstock.template.intrinsics import Evaluator
from penstock.template.model import Declaration, Template
from penstock.template.provider import Resource
from penstock.template.scope import Scope


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a stack is to be. `resources` is what the evaluator sees: the deployer adds each resource that it made."""

    template: Template
    evaluator: Evaluator
    resources: dict[str, Resource]
    declared: dict[str, Declaration]  # those whose condition holds
    needs: dict[str, frozenset[str]]
    order: list[str]

    def properties(self, logical_id: str) -> dict[str, Any]:
        """The resource's properties, evaluated; those it refers to have to be in `resources`."""
        body = self.declared[logical_id]
        value: dict[str, Any] = self.evaluator.value(dict(body.properties), body.path)
        return value

    def policy(self, logical_id: str, name: str) -> str:
        """`deletion_policy` or `update_replace_policy`, evaluated; Delete where the template has none."""
        given = getattr(self.declared[logical_id], name)
        return str(self.evaluator.value(given, ("Resources", logical_id))) if given is not None else "Delete"

    def outputs(self) -> dict[str, dict[str, Any]]:
        """Output name -> {"Value", and where given "Description" and "Export"}; those whose condition holds."""
        found = {}
        for name, body in self.template.outputs.items():
            path = ("Outputs", name)
            if "Condition" not in body or self.evaluator.condition(body["Condition"], path):
                plain = {key: value for key, value in body.items() if key != "Condition"}
                found[name] = self.evaluator.value(plain, path)
        return found


def sections(document: Document, scope: Scope) -> Template:
    """The template's sections with its loops written out; other transforms are carried out before (see macros.py).

    `scope` as for `blueprint`.
    """
    mappings = document.data.get("Mappings") or {}
    early = Evaluator(replace(scope, mappings=mappings))
    return model.template(replace(document, data=foreach.expand(document.data, early)))


def blueprint(document: Document, scope: Scope) -> Blueprint:
    """`scope` has everything but mappings, conditions and resources. TemplateError names what is wrong, and where."""
    template = sections(document, scope)
    resources: dict[str, Resource] = {}
    scope = replace(scope, mappings=template.mappings, conditions=template.conditions, resources=resources)
    rules.check(template.rules, scope)
    evaluator = Evaluator(scope)
    declared = {name: body for name, body in template.resources.items() if _holds(evaluator, body)}
    left_out = template.resources.keys() - declared.keys()
    needs = graph.dependencies(declared, scope.parameters, left_out, evaluator.condition)
    graph.check_outputs(template.outputs, declared.keys() | scope.parameters.keys(), evaluator.condition)
    return Blueprint(template, evaluator, resources, declared, needs, graph.order(needs))


def _holds(evaluator: Evaluator, body: Declaration) -> bool:
    return body.condition is None or evaluator.condition(body.condition, ("Resources", body.logical_id, "Condition"))
