"""Evaluation: a template node and what it may refer to -> a plain value.

Rule: pure. What a function refers to stands in the `Scope`; what it yields is what CloudFormation would send to the
service. Dynamic references (`{{resolve:...}}`) stay text here: they need a call (see dynamic.py).
"""

from collections.abc import Mapping
from typing import Any

from penstock.template.document import TemplateError, TemplatePath
from penstock.template.functions import FUNCTIONS, Function, as_text, function_name
from penstock.template.scope import NO_VALUE, Scope


class Evaluator:
    """Evaluates the nodes of one template. Conditions are evaluated once."""

    def __init__(self, scope: Scope, functions: Mapping[str, Function] = FUNCTIONS) -> None:
        self.scope = scope
        self._functions = functions
        self._conditions: dict[str, bool] = {}
        self._pending: list[str] = []

    def value(self, node: Any, path: TemplatePath = ()) -> Any:
        """The node with every function replaced by what it yields. TemplateError names the path of the culprit."""
        if isinstance(node, dict):
            name = function_name(node)
            if name:
                return self._call(name, node[name], (*path, name))
            pairs = ((key, self.value(child, (*path, key))) for key, child in node.items())
            return {key: child for key, child in pairs if child is not NO_VALUE}
        if isinstance(node, list):
            values = (self.value(child, (*path, index)) for index, child in enumerate(node))
            return [child for child in values if child is not NO_VALUE]
        return node

    def condition(self, name: str, path: TemplatePath = ()) -> bool:
        """Whether the named condition of the template holds."""
        if name not in self._conditions:
            self._conditions[name] = self._evaluate_condition(name, path)
        return self._conditions[name]

    def text(self, node: Any, path: TemplatePath, message: str) -> str:
        """The node as a string, numbers and booleans in their JSON form; `message` when it is anything else."""
        value = self.value(node, path)
        if isinstance(value, (dict, list)) or value is NO_VALUE or value is None:
            raise TemplateError(message, path)
        return as_text(value)

    def truth(self, node: Any, path: TemplatePath) -> bool:
        """A condition expression: a condition function, or {"Condition": name}."""
        if isinstance(node, dict) and set(node) == {"Condition"}:
            return self.condition(str(node["Condition"]), path)
        value = self.value(node, path)
        if isinstance(value, bool) or value in ("true", "false"):
            return value in (True, "true")
        raise TemplateError("Template format error: Conditions can only be boolean operations on parameters", path)

    def _evaluate_condition(self, name: str, path: TemplatePath) -> bool:
        if name not in self.scope.conditions:
            block = path[0] if path else "Resources"
            text = f"Template format error: Unresolved condition dependency {name} in the {block} block of the template"
            raise TemplateError(text, path)
        if name in self._pending:
            raise TemplateError(f"Template format error: Circular dependency between conditions: {self._pending}", path)
        self._pending.append(name)
        try:
            return self.truth(self.scope.conditions[name], ("Conditions", name))
        finally:
            self._pending.pop()

    def _call(self, name: str, argument: Any, path: TemplatePath) -> Any:
        function = self._functions.get(name)
        if function is None:
            known = ", ".join(sorted(self._functions))
            text = f"Template error: Encountered unsupported function: {name} Supported functions are: [{known}]"
            raise TemplateError(text, path)
        return function(self, argument, path)
