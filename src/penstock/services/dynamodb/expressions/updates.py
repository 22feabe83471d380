"""Update expressions: tree to a function that makes the new item of the old one.

Every operand is read from the item as it was, so the order of the actions does not matter; list elements are
addressed, and removed, by the indexes they had.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from penstock.services.dynamodb import numbers
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions.checks import Check, fail, known_type, operand_count, reference_checks
from penstock.services.dynamodb.expressions.conditions import operands
from penstock.services.dynamodb.expressions.paths import (
    Names,
    Read,
    Values,
    check_overlap,
    check_reserved,
    placeholders,
    reader,
    resolve,
    step,
)
from penstock.services.dynamodb.expressions.tree import (
    Action,
    Elements,
    ExpressionError,
    Operand,
    Operation,
    Path,
    Placeholder,
    Update,
)
from penstock.services.dynamodb.values import SET_TYPES, Item, Value, in_order, type_of

FUNCTIONS = {"if_not_exists": 2, "list_append": 2}
_OPERAND_TYPES = {"list_append": "L", "+": "N", "-": "N"}
_ALLOWED = {"ADD": SET_TYPES | {"N"}, "DELETE": SET_TYPES}
_TYPE_NAMES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "NULL": "NULL", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP"}

_MISSING = "The provided expression refers to an attribute that does not exist in the item"
_BAD_PATH = "The document path provided in the update expression is invalid for update"
BAD_TYPE = "An operand in the update expression has an incorrect data type"


class Step(NamedTuple):
    """One action, ready to run; `read` gives the operand's value."""

    section: str
    path: Elements
    read: Read | None


@dataclass(frozen=True, slots=True)
class CompiledUpdate:
    """`apply` makes the new item once `checks` have passed the request's values."""

    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    update: Update
    names: frozenset[str]
    values: frozenset[str]
    paths: tuple[Elements, ...]

    def apply(self, old: Item, values: Values) -> Item:
        """The item that the actions make of `old`, which stays as it is."""
        return apply(self.steps, old, values)

    @property
    def only_removes(self) -> bool:
        """Nothing is left to store where there was no item."""
        return all(action.section in ("REMOVE", "DELETE") for action in self.update.actions)


def check_update(update: Update) -> None:
    """What the text alone gives away."""
    check_reserved(path for action in update.actions for path in _paths(action))
    for action in update.actions:
        for operation in _operations(action.operand):
            if operation.function and operation.operator not in FUNCTIONS:
                raise ExpressionError(f"Invalid function name; function: {operation.operator}")
            if any(isinstance(inner, Operation) and inner.operator == "list_append" for inner in operation.operands):
                message = "The function is not allowed to be used this way in an expression; function: list_append"
                raise ExpressionError(message)
    if update.repeated_section:
        message = f'The "{update.repeated_section}" section can only be used once in an update expression;'
        raise ExpressionError(message)


def compile_update(update: Update, names: Names) -> CompiledUpdate:
    found = [operand for action in update.actions for operand in _references(action)]
    return CompiledUpdate(
        steps=tuple(_step(action, names) for action in update.actions),
        checks=tuple(_checks(update, names)),
        update=update,
        names=frozenset(name for path in found if isinstance(path, Path) for name in placeholders(path)),
        values=frozenset(value.name for value in found if isinstance(value, Placeholder)),
        paths=tuple(resolve(action.path, names) for action in update.actions),
    )


def static_type(action: Action, values: Values) -> str | None:
    """The type an action gives its attribute, where that does not depend on an item."""
    operand = action.operand
    if isinstance(operand, Operation):
        if operand.operator == "if_not_exists":
            return known_type(operand.operands[1], values) if isinstance(operand.operands[1], Placeholder) else None
        return _OPERAND_TYPES[operand.operator]
    return known_type(operand, values) if operand is not None and action.section != "DELETE" else None


def _references(action: Action) -> Iterator[Path | Placeholder]:
    yield action.path
    if action.operand is not None:
        for operand in operands(action.operand):
            assert not isinstance(operand, Operation)
            yield operand


def _paths(action: Action) -> Iterator[Path]:
    return (reference for reference in _references(action) if isinstance(reference, Path))


def _operations(operand: Operand | None) -> Iterator[Operation]:
    """Inner ones first."""
    if isinstance(operand, Operation):
        for inner in operand.operands:
            yield from _operations(inner)
        yield operand


# -- checks ------------------------------------------------------------------------------------------


def _checks(update: Update, names: Names) -> Iterator[Check]:
    """Names, then values, then paths, then operands: each over the whole expression."""
    references = [reference for action in update.actions for reference in _references(action)]
    yield from reference_checks((r for r in references if isinstance(r, Path)), names)
    yield from reference_checks((r for r in references if isinstance(r, Placeholder)), names)
    try:
        check_overlap([resolve(action.path, names) for action in update.actions])
    except ExpressionError as error:
        yield fail(str(error))
    for action in update.actions:
        if action.section in _ALLOWED:
            yield _section_type(action)
    for action in update.actions:
        for operation in _operations(action.operand):
            yield from _operand_checks(operation)


def _section_type(action: Action) -> Check:
    def check(values: Values) -> None:
        assert isinstance(action.operand, Placeholder)
        kind = type_of(values[action.operand.name])
        if kind not in _ALLOWED[action.section]:
            raise ExpressionError(
                "Incorrect operand type for operator or function; "
                f"operator: {action.section}, operand type: {_TYPE_NAMES[kind]}, "
                f"typeSet: ALLOWED_FOR_{action.section}_OPERAND"
            )

    return check


def _operand_checks(operation: Operation) -> Iterator[Check]:
    operator, count = operation.operator, len(operation.operands)
    if operation.function and count != FUNCTIONS[operator]:
        yield fail(operand_count(operator, count))
    elif operator == "if_not_exists":
        if not isinstance(operation.operands[0], Path):
            yield fail(f"Operator or function requires a document path; operator or function: {operator}")
    else:
        yield _typed_operands(operation, _OPERAND_TYPES[operator])


def _typed_operands(operation: Operation, wanted: str) -> Check:
    def check(values: Values) -> None:
        for operand in operation.operands:
            if isinstance(operand, Placeholder) and (kind := type_of(values[operand.name])) != wanted:
                raise ExpressionError(
                    "Incorrect operand type for operator or function; "
                    f"operator or function: {operation.operator}, operand type: {kind}"
                )

    return check


# -- operands ----------------------------------------------------------------------------------------


def _step(action: Action, names: Names) -> Step:
    read = None if action.operand is None else _read(action.operand, names)
    return Step(action.section, resolve(action.path, names), read)


def _read(operand: Operand, names: Names) -> Read:
    if isinstance(operand, Path):
        return reader(resolve(operand, names))
    if isinstance(operand, Placeholder):
        name = operand.name
        return lambda item, values: values[name]
    reads = [_read(inner, names) for inner in operand.operands]
    build = _OPERATIONS.get(operand.operator)
    return build(*reads) if build is not None and len(reads) == 2 else reads[0]  # the checks refuse the others


def _needed(value: Value | None) -> Value:
    if value is None:
        raise invalid(_MISSING)
    return value


def _of_type(kind: str, value: Value | None) -> Any:
    content = _needed(value).get(kind)
    if content is None:
        raise invalid(BAD_TYPE)
    return content


def _arithmetic(calculate: Callable[[str, str], str]) -> Callable[[Read, Read], Read]:
    def build(left: Read, right: Read) -> Read:
        def read(item: Item, values: Values) -> Value:
            return {"N": calculate(_of_type("N", left(item, values)), _of_type("N", right(item, values)))}

        return read

    return build


def _list_append(left: Read, right: Read) -> Read:
    def read(item: Item, values: Values) -> Value:
        return {"L": [*_of_type("L", left(item, values)), *_of_type("L", right(item, values))]}

    return read


def _if_not_exists(path: Read, otherwise: Read) -> Read:
    def read(item: Item, values: Values) -> Value | None:
        found = path(item, values)
        return found if found is not None else otherwise(item, values)

    return read


_OPERATIONS: dict[str, Callable[[Read, Read], Read]] = {
    "+": _arithmetic(numbers.add),
    "-": _arithmetic(numbers.subtract),
    "list_append": _list_append,
    "if_not_exists": _if_not_exists,
}


# -- applying ----------------------------------------------------------------------------------------


def apply(steps: Sequence[Step], old: Item, values: Values) -> Item:
    """Runs actions on a copy of `old`. Raises ValidationException where the item does not let them."""
    new = dict(old)
    for root in {action.path[0] for action in steps if len(action.path) > 1 and action.path[0] in new}:
        assert isinstance(root, str)
        new[root] = _copy(new[root])
    planned = [(action, _operand(action, old, values)) for action in steps]
    removed: list[tuple[list[Value], int]] = []
    for action, operand in sorted(planned, key=_list_order):
        _SECTIONS[action.section](_parent(new, action.path), action.path[-1], operand, removed)
    for elements, index in sorted(removed, key=lambda found: -found[1]):
        del elements[index]
    return new


def _list_order(planned: tuple[Step, Value | None]) -> tuple[int, int]:
    """Removals last, by the indexes from before; elements past the end of a list in the order of their indexes."""
    action, last = planned[0], planned[0].path[-1]
    return (action.section == "REMOVE", last if isinstance(last, int) else -1)


def _operand(action: Step, old: Item, values: Values) -> Value | None:
    return None if action.read is None else _needed(action.read(old, values))


def _copy(value: Value) -> Value:
    """A copy whose maps and lists may be changed."""
    if "M" in value:
        return {"M": {name: _copy(member) for name, member in value["M"].items()}}
    if "L" in value:
        return {"L": [_copy(element) for element in value["L"]]}
    return value


Container = dict[str, Value] | list[Value]


def _parent(item: Item, path: Elements) -> Container:
    """The map or list that holds the path's last element."""
    if len(path) == 1:
        return item
    head, *between = path[:-1]
    assert isinstance(head, str)
    value: Value | None = item.get(head)
    for element in between:
        value = None if value is None else step(value, element)
    found: Container | None = None if value is None else value.get("M" if isinstance(path[-1], str) else "L")
    if found is None:
        raise invalid(_BAD_PATH)
    return found


def _get(parent: Container, last: str | int) -> Value | None:
    if isinstance(parent, dict):
        return parent.get(last)  # type: ignore[arg-type]
    return parent[last] if isinstance(last, int) and last < len(parent) else None


def _set(parent: Container, last: str | int, operand: Value | None, removed: list[Any]) -> None:
    assert operand is not None
    if isinstance(parent, list) and isinstance(last, int) and last >= len(parent):
        parent.append(operand)
    else:
        parent[last] = operand  # type: ignore[index]


def _remove(parent: Container, last: str | int, operand: Value | None, removed: list[Any]) -> None:
    if isinstance(parent, dict):
        parent.pop(last, None)  # type: ignore[arg-type]
    elif isinstance(last, int) and last < len(parent):
        removed.append((parent, last))


def _add(parent: Container, last: str | int, operand: Value | None, removed: list[Any]) -> None:
    assert operand is not None
    existing = _get(parent, last)
    _set(parent, last, operand if existing is None else _sum(existing, operand), removed)


def _sum(existing: Value, operand: Value) -> Value:
    kind = type_of(operand)
    content = existing.get(kind)
    if content is None:
        raise invalid(BAD_TYPE)
    if kind == "N":
        return {"N": numbers.add(content, operand["N"])}
    return {kind: in_order(kind, {*content, *operand[kind]})}


def _append(parent: Container, last: str | int, operand: Value | None, removed: list[Any]) -> None:
    """What only AttributeUpdates can do: ADD a list's elements to a list."""
    existing = _get(parent, last)
    if existing is not None and operand is not None:
        operand = {"L": [*_of_type("L", existing), *operand["L"]]}
    _set(parent, last, operand, removed)


def _delete(parent: Container, last: str | int, operand: Value | None, removed: list[Any]) -> None:
    existing = _get(parent, last)
    if existing is None or operand is None:
        return
    kind = type_of(operand)
    if kind not in existing:
        raise invalid(BAD_TYPE)
    dropped = set(operand[kind])
    kept = [member for member in existing[kind] if member not in dropped]
    if kept:
        _set(parent, last, {kind: kept}, removed)
    else:
        _remove(parent, last, None, removed)


_SECTIONS: dict[str, Callable[[Container, str | int, Value | None, list[Any]], None]] = {
    "SET": _set,
    "REMOVE": _remove,
    "ADD": _add,
    "DELETE": _delete,
    "APPEND": _append,
}
