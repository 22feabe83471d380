"""What may be wrong with a condition's operands, in the order in which DynamoDB says it.

First, over the whole text: redundant parentheses, unknown functions, functions where they cannot stand, reserved words
(`check_tree`). Then clause by clause: undefined names and values, numbers of operands, equal operands, operand types.
What depends on the request's values is left as checks, which raise ExpressionError.
"""

import base64
from collections.abc import Callable, Iterator

from penstock.services.dynamodb.expressions.parser import COMPARATORS
from penstock.services.dynamodb.expressions.paths import (
    UNDEFINED_NAME,
    Names,
    Values,
    check_reserved,
    placeholders,
    resolve,
)
from penstock.services.dynamodb.expressions.tree import (
    Condition,
    ExpressionError,
    Operand,
    Operation,
    Path,
    Placeholder,
    Tree,
    show,
)
from penstock.services.dynamodb.values import ORDERED_TYPES, compare, type_of

Check = Callable[[Values], None]

# Function -> number of operands.
FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
TYPES = frozenset(("S", "N", "B", "NULL", "SS", "BOOL", "L", "BS", "NS", "M"))
_ORDERING = COMPARATORS - {"=", "<>"} | {"BETWEEN"}
_ALLOWED = {
    "begins_with": frozenset(("S", "B")),
    "size": TYPES - {"N", "BOOL", "NULL"},
    **{operator: ORDERED_TYPES for operator in _ORDERING},
}

UNDEFINED_VALUE = "An expression attribute value used in expression is not defined; attribute value: "
_OPERAND_TYPE = "Incorrect operand type for operator or function; operator or function: "


def check_tree(tree: Tree) -> None:
    """What the text alone gives away."""
    if tree.redundant_parentheses:
        raise ExpressionError("The expression has redundant parentheses;")
    clauses = list(leaves(tree.condition))
    for operation in (inner for clause in clauses for inner in operations(clause)):
        if operation.function and operation.operator not in FUNCTIONS:
            raise ExpressionError(f"Invalid function name; function: {operation.operator}")
    for clause in clauses:
        _check_places(clause)
    check_reserved(operand for clause in clauses for operand in _plain(clause) if isinstance(operand, Path))


def leaves(condition: Condition) -> Iterator[Operation]:
    """The operations between ANDs, ORs and NOTs, in the order of the text."""
    if isinstance(condition, Operation):
        yield condition
    else:
        for part in condition.parts:
            yield from leaves(part)


def operations(operation: Operation) -> Iterator[Operation]:
    """The operation and those among its operands, inner ones first."""
    for operand in operation.operands:
        if isinstance(operand, Operation):
            yield from operations(operand)
    yield operation


def _plain(operation: Operation) -> Iterator[Path | Placeholder]:
    for operand in operation.operands:
        if isinstance(operand, Operation):
            yield from _plain(operand)
        else:
            yield operand


def _check_places(clause: Operation) -> None:
    """Only `size` can be an operand, and only `size` cannot be a condition."""
    inner = [operand for operation in operations(clause) for operand in operation.operands]
    misused = [operand for operand in inner if isinstance(operand, Operation) and operand.operator != "size"]
    if clause.operator == "size":
        misused.append(clause)
    if misused:
        name = misused[0].operator
        raise ExpressionError(f"The function is not allowed to be used this way in an expression; function: {name}")


# -- clause by clause --------------------------------------------------------------------------------


def condition_checks(condition: Condition, names: Names) -> Iterator[Check]:
    for clause in leaves(condition):
        yield from reference_checks(_plain(clause), names)
        if (fault := _fixed_fault(clause, names)) is not None:
            yield fail(fault)
        for operation in operations(clause):
            if operation.operator in _TYPE_CHECKS:
                yield _TYPE_CHECKS[operation.operator](operation)


def reference_checks(operands: Iterator[Path | Placeholder], names: Names) -> Iterator[Check]:
    """That names and values are defined, in the order of the text."""
    for operand in operands:
        if isinstance(operand, Placeholder):
            yield _defined(operand.name)
            continue
        for name in placeholders(operand):
            if name not in names:
                yield fail(UNDEFINED_NAME + name)


def fail(message: str) -> Check:
    def check(values: Values) -> None:
        raise ExpressionError(message)

    return check


def _defined(name: str) -> Check:
    def check(values: Values) -> None:
        if name not in values:
            raise ExpressionError(UNDEFINED_VALUE + name)

    return check


def _fixed_fault(clause: Operation, names: Names) -> str | None:
    inner = list(operations(clause))
    for operation in inner:
        count = len(operation.operands)
        if operation.function and count != FUNCTIONS[operation.operator]:
            return operand_count(operation.operator, count)
    for operation in inner:
        paths = [resolve(operand, names) for operand in operation.operands if isinstance(operand, Path)]
        if len(operation.operands) == 2 and len(paths) == 2 and paths[0] == paths[1]:
            return (
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {operation.operator}, first operand: {show(paths[0])}"
            )
    return None


def operand_count(operator: str, count: int) -> str:
    return (
        "Incorrect number of operands for operator or function; "
        f"operator or function: {operator}, number of operands: {count}"
    )


def operand_type(operator: str, kind: str) -> ExpressionError:
    return ExpressionError(f"{_OPERAND_TYPE}{operator}, operand type: {kind}")


def known_type(operand: Operand, values: Values) -> str | None:
    """The type of an operand that does not depend on an item."""
    if isinstance(operand, Placeholder):
        return type_of(values[operand.name])
    return "N" if isinstance(operand, Operation) else None


def _types_allowed(operation: Operation) -> Check:
    allowed = _ALLOWED[operation.operator]

    def check(values: Values) -> None:
        for operand in operation.operands:
            kind = known_type(operand, values)
            if kind is not None and kind not in allowed:
                raise operand_type(operation.operator, kind)

    return check


def _bounds(operation: Operation) -> Check:
    types = _types_allowed(operation)
    _, low, high = operation.operands

    def check(values: Values) -> None:
        types(values)
        if isinstance(low, Placeholder) and isinstance(high, Placeholder):
            check_bounds(low.name, high.name, values)

    return check


def check_bounds(low: str, high: str, values: Values) -> None:
    lower, upper = values[low], values[high]
    shown = f"lower bound operand: {_shown(lower)}, upper bound operand: {_shown(upper)}"
    order = compare(lower, upper)
    if order is None:
        raise ExpressionError(f"The BETWEEN operator requires same data type for lower and upper bounds; {shown}")
    if order > 0:
        message = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        raise ExpressionError(f"{message}; {shown}")


def _shown(value: dict[str, str | bytes]) -> str:
    [(kind, content)] = value.items()
    return f"AttributeValue: {{{kind}:{base64.b64encode(content).decode() if isinstance(content, bytes) else content}}}"


def _needs_path(operation: Operation) -> Check:
    if isinstance(operation.operands[0], Path):
        return lambda values: None
    return fail(f"Operator or function requires a document path; operator or function: {operation.operator}")


def _type_name(operation: Operation) -> Check:
    def check(values: Values) -> None:
        wanted = operation.operands[1]
        kind = known_type(wanted, values)
        if kind != "S" or not isinstance(wanted, Placeholder):
            raise operand_type("attribute_type", kind or "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        name = values[wanted.name]["S"]
        if name not in TYPES:
            message = f"Invalid attribute type name found; type: {name}"
            raise ExpressionError(f"{message}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}")

    return check


_TYPE_CHECKS: dict[str, Callable[[Operation], Check]] = {
    "attribute_exists": _needs_path,
    "attribute_not_exists": _needs_path,
    "attribute_type": _type_name,
    **{operator: _types_allowed for operator in _ALLOWED},
    "BETWEEN": _bounds,
}
