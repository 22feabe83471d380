"""Whether the rules of a Choice state are what they have to be."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.services.stepfunctions.asl.choice import OPERATORS, timestamp
from penstock.services.stepfunctions.asl.jsonata import compile_jsonata, is_expression
from penstock.services.stepfunctions.asl.paths import compile_path

Json = Mapping[str, Any]
Found = Any
Report = Callable[[str, str], Found]
_LOGIC = ("And", "Or", "Not")


def choices(raw: Json, path: str, jsonata: bool, report: Report) -> Iterator[Found]:
    rules = raw["Choices"]
    if not isinstance(rules, list) or not rules:
        yield report("Choices must be a non-empty array", f"{path}/Choices")
        return
    for index, rule in enumerate(rules):
        where = f"{path}/Choices[{index}]"
        if not isinstance(rule, dict):
            yield report("Value must be an object", where)
            continue
        if "Next" not in rule:
            yield report('The field "Next" is required but was missing', where)
        yield from (_condition if jsonata else _rule)(rule, where, report)


def _condition(rule: Json, where: str, report: Report) -> Iterator[Found]:
    condition = rule.get("Condition")
    if condition is None:
        yield report('The field "Condition" is required but was missing', where)
    elif not isinstance(condition, bool) and not is_expression(condition):
        yield report("Value must be a boolean or a JSONata expression", f"{where}/Condition")
    else:
        try:
            compile_jsonata(condition, "Condition")
        except ValueError as error:
            yield report(f"The JSONata expression is not valid: {error}", f"{where}/Condition")


def _rule(rule: Json, where: str, report: Report) -> Iterator[Found]:
    logic = [name for name in _LOGIC if name in rule]
    tests = [name for name in rule if name in OPERATORS]
    if len(logic) + len(tests) != 1:
        yield report("Exactly one comparison operator or one of [And, Or, Not] must be set", where)
    elif logic:
        inner = rule[logic[0]]
        inner = [inner] if logic[0] == "Not" else inner
        if not isinstance(inner, list) or not inner or not all(isinstance(one, dict) for one in inner):
            yield report("Value must be a non-empty array of choice rules", f"{where}/{logic[0]}")
            return
        for index, one in enumerate(inner):
            yield from _rule(one, f"{where}/{logic[0]}[{index}]", report)
    else:
        yield from _test(rule, tests[0], where, report)


def _test(rule: Json, name: str, where: str, report: Report) -> Iterator[Found]:
    for field in ("Variable", *((name,) if name.endswith("Path") else ())):
        if field not in rule:
            yield report(f'The field "{field}" is required but was missing', where)
            continue
        try:
            compile_path(rule[field])
        except (ValueError, TypeError):
            yield report("Value is not a valid JSONPath", f"{where}/{field}")
    if not name.endswith("Path") and not _operand(name, rule[name]):
        yield report(f"Value of {name} is of the wrong type", f"{where}/{name}")


def _operand(name: str, value: Any) -> bool:
    if name.startswith(("Is", "Boolean")):
        return isinstance(value, bool)
    if name.startswith("String"):
        return isinstance(value, str)
    if name.startswith("Timestamp"):
        return timestamp(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)
