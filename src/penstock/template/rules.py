"""The Rules section: assertions about the parameters.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from penstock.template.document import TemplateError, TemplatePath
from penstock.template.functions import FUNCTIONS, Function
from penstock.template.intrinsics import Evaluator
from penstock.template.scope import Scope


def check(rules: Mapping[str, Any], scope: Scope) -> None:
    """TemplateError with the description of the first assertion that does not hold."""
    evaluator = Evaluator(scope, RULE_FUNCTIONS)
    for name, rule in rules.items():
        path = ("Rules", name)
        if "RuleCondition" in rule and not evaluator.truth(rule["RuleCondition"], (*path, "RuleCondition")):
            continue
        for index, assertion in enumerate(rule.get("Assertions", ())):
            place = (*path, "Assertions", index)
            if not evaluator.truth(assertion["Assert"], (*place, "Assert")):
                text = assertion.get("AssertDescription", "an assertion does not hold")
                raise TemplateError(f"Rule {name} failed: {text}", place)


def _member_test(holds: Callable[[list[Any], Any], bool]) -> Function:
    def function(evaluator: Evaluator, argument: Any, path: TemplatePath) -> bool:
        if not isinstance(argument, list) or len(argument) != 2:
            raise TemplateError(f"Template error: {path[-1]} requires a list argument with two elements", path)
        left, right = (evaluator.value(node, (*path, index)) for index, node in enumerate(argument))
        return holds(left if isinstance(left, list) else [left], right)

    return function


RULE_FUNCTIONS: dict[str, Function] = {
    **FUNCTIONS,
    "Fn::Contains": _member_test(lambda members, value: value in members),
    "Fn::EachMemberEquals": _member_test(lambda members, value: all(member == value for member in members)),
    "Fn::EachMemberIn": _member_test(lambda members, allowed: all(member in allowed for member in members)),
}
