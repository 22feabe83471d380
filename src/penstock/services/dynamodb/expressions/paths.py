"""Document paths: resolving names, reading, overlap, and projections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from penstock.services.dynamodb.expressions.reserved import RESERVED_WORDS
from penstock.services.dynamodb.expressions.tree import Elements, ExpressionError, Path, show
from penstock.services.dynamodb.values import Item, Value

Names = Mapping[str, str]
Values = Mapping[str, Value]
Read = Callable[[Item, Values], Value | None]
Branches = dict[str | int, Any]  # element -> Branches below it, or None where the path ends

UNDEFINED_NAME = "An expression attribute name used in the document path is not defined; attribute name: "


def placeholders(path: Path) -> list[str]:
    return [element for element in path.elements if isinstance(element, str) and element[0] == "#"]


def resolve(path: Path, names: Names) -> Elements:
    """The path with its placeholders replaced; an undefined one stays, and is for the checks to report."""
    return tuple(names.get(e, e) if isinstance(e, str) and e[0] == "#" else e for e in path.elements)


def check_reserved(paths: Iterable[Path]) -> None:
    for path in paths:
        for element in path.elements:
            if isinstance(element, str) and element.upper() in RESERVED_WORDS:
                raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {element}")


def reader(path: Elements) -> Read:
    """A function that follows the path into an item; None where it leads nowhere."""
    head, *rest = path
    assert isinstance(head, str)
    if not rest:
        return lambda item, values: item.get(head)

    def read(item: Item, values: Values) -> Value | None:
        return follow(item.get(head), rest)

    return read


def follow(value: Value | None, elements: Sequence[str | int]) -> Value | None:
    for element in elements:
        if value is None:
            return None
        value = step(value, element)
    return value


def step(value: Value, element: str | int) -> Value | None:
    """One element further: a map's member or a list's element."""
    if isinstance(element, str):
        members: dict[str, Value] = value.get("M", {})
        return members.get(element)
    elements: list[Value] = value.get("L", [])
    return elements[element] if element < len(elements) else None


def check_overlap(paths: Sequence[Elements]) -> None:
    """Refuses two paths of which one contains the other, or which cannot both be of one document."""
    conflict = None
    for index, path in enumerate(paths):
        for earlier in paths[:index]:
            relation = _relation(earlier, path)
            if relation == "overlap":
                raise ExpressionError(_clash("overlap", earlier, path))
            if relation == "conflict" and conflict is None:
                conflict = _clash("conflict", earlier, path)
    if conflict is not None:
        raise ExpressionError(conflict)


def _relation(one: Elements, other: Elements) -> str | None:
    for left, right in zip(one, other, strict=False):
        if type(left) is not type(right):
            return "conflict"
        if left != right:
            return None
    return "overlap"


def _clash(kind: str, one: Elements, other: Elements) -> str:
    return (
        f"Two document paths {kind} with each other; must remove or rewrite one of these paths; "
        f"path one: {show(one)}, path two: {show(other)}"
    )


# -- projections -------------------------------------------------------------------------------------


def branches(paths: Iterable[Elements]) -> Branches:
    """Paths that do not overlap, as one tree."""
    root: Branches = {}
    for path in paths:
        node = root
        for element in path[:-1]:
            node = node.setdefault(element, {})
        node[path[-1]] = None
    return root


def projector(paths: Sequence[Elements]) -> Callable[[Item], Item]:
    """A function that keeps of an item what the paths lead to; list elements close ranks."""
    if all(len(path) == 1 for path in paths):
        names = [path[0] for path in paths if isinstance(path[0], str)]
        return lambda item: {name: item[name] for name in names if name in item}
    tree = branches(paths)
    return lambda item: _members(item, tree)


def _members(members: Mapping[str, Value], tree: Branches) -> dict[str, Value]:
    kept = {}
    for name, below in tree.items():
        if isinstance(name, str) and name in members and (value := _prune(members[name], below)) is not None:
            kept[name] = value
    return kept


def _prune(value: Value, below: Branches | None) -> Value | None:
    if below is None:
        return value
    if "M" in value:
        members = _members(value["M"], below)
        return {"M": members} if members else None
    found = [_prune(element, below[i]) for i, element in enumerate(value.get("L", ())) if i in below]
    kept = [element for element in found if element is not None]
    return {"L": kept} if kept else None
