"""Whether the rules of a Choice state are what they have to be."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.services.stepfunctions.asl.choice import OPERATORS, timestamp
from penstock.services.stepfunctions.asl.jsonata import compile_jsonata, is_expression
from penstock.services.stepfunctions.asl.paths import compile_path
from penstock.services.stepfunctions.asl.wording import (
    NO_TIMESTAMP,
    NOT_CLOSED,
    expected,
    not_a_list,
    not_supported,
    of_other_language,
    one_of,
    required,
    too_many,
)

Json = Mapping[str, Any]
Found = Any
Report = Callable[[str, str], Found]
_LOGIC = ("And", "Or", "Not")
_CHOSEN = "[And, Or, Not, Variable, Condition]"
_NO_REFERENCE = "Value is not a Reference Path: Reference path didn't start with '$'"


def choices(raw: Json, path: str, jsonata: bool, report: Report) -> Iterator[Found]:
    rules = raw["Choices"]
    if fault := not_a_list(rules):
        yield report(fault, f"{path}/Choices")
        return
    for index, rule in enumerate(rules):
        where = f"{path}/Choices[{index}]"
        if not isinstance(rule, dict):
            yield report(expected("Object"), where)
            continue
        if "Next" not in rule:
            yield report(required("Next"), where)
        yield from (_condition if jsonata else _rule)(rule, where, report)


def _condition(rule: Json, where: str, report: Report) -> Iterator[Found]:
    condition = rule.get("Condition")
    if refused := [name for name in ("Variable", *_LOGIC) if name in rule]:
        yield report(of_other_language(refused[0], "JSONata"), where)
    elif condition is None:
        yield report(required("Condition"), where)
    elif not isinstance(condition, bool) and not is_expression(condition):
        yield report(NOT_CLOSED, f"{where}/Condition")
    else:
        try:
            compile_jsonata(condition, "Condition")
        except ValueError as error:
            yield report(f"The JSONata expression is not valid: {error}", f"{where}/Condition")


def _rule(rule: Json, where: str, report: Report) -> Iterator[Found]:
    chosen = [name for name in (*_LOGIC, "Variable") if name in rule]
    if "Condition" in rule:
        yield report(of_other_language("Condition", "JSONPath"), where)
    elif len(chosen) != 1:
        yield report(f"The object must have only one of the following fields, {_CHOSEN}", where)
    elif chosen[0] == "Variable":
        yield from _variable(rule, where, report)
    else:
        yield from _logic(rule, chosen[0], where, report)


def _logic(rule: Json, name: str, where: str, report: Report) -> Iterator[Found]:
    inner = [rule[name]] if name == "Not" else rule[name]
    if fault := not_a_list(inner):
        yield report(fault, f"{where}/{name}")
        return
    for index, one in enumerate(inner):
        place = f"{where}/{name}" if name == "Not" else f"{where}/{name}[{index}]"
        if not isinstance(one, dict):
            yield report(expected("Object"), place)
            continue
        if "Next" in one:
            yield report(not_supported("Next"), place)
        yield from _rule(one, place, report)


def _variable(rule: Json, where: str, report: Report) -> Iterator[Found]:
    tests = [name for name in rule if name in OPERATORS]
    if len(tests) > 1:
        yield report(too_many(tests), where)
    elif not tests:
        yield report(one_of(OPERATORS), where)
    else:
        yield from _test(rule, tests[0], where, report)


def _test(rule: Json, name: str, where: str, report: Report) -> Iterator[Found]:
    for field in ("Variable", *((name,) if name.endswith("Path") else ())):
        try:
            compile_path(rule[field])
        except (ValueError, TypeError):
            yield report(_NO_REFERENCE, f"{where}/{field}")
    if not name.endswith("Path") and (fault := _operand(name, rule[name])):
        yield report(fault, f"{where}/{name}")


def _operand(name: str, value: Any) -> str:
    """What is wrong with what a comparison compares with; empty if nothing is."""
    if name.startswith(("Is", "Boolean")):
        return "" if isinstance(value, bool) else expected("Boolean")
    if name.startswith("String"):
        return "" if isinstance(value, str) else expected("String")
    if name.startswith("Timestamp"):
        return "" if timestamp(value) is not None else NO_TIMESTAMP
    return "" if isinstance(value, (int, float)) and not isinstance(value, bool) else expected("Number")
