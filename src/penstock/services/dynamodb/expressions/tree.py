"""What an expression says, before names and values are known.

A path's elements are names, `#placeholders` and list indexes. Comparisons, BETWEEN, IN and functions are all one
`Operation`; what they may operate on is said by the tables in `conditions` and `updates`.
"""

from dataclasses import dataclass
from typing import NamedTuple


class ExpressionError(Exception):
    """What is wrong with an expression; the caller knows which parameter it stood in."""


Elements = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Path:
    elements: Elements


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`:name`, a value that comes with the request."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`operator` is a comparator, BETWEEN, IN, + or -, or a function's name."""

    operator: str
    operands: tuple["Operand", ...]
    function: bool = False


@dataclass(frozen=True, slots=True)
class Logic:
    """AND and OR of two, NOT of one."""

    operator: str
    parts: tuple["Condition", ...]


Operand = Path | Placeholder | Operation
Condition = Operation | Logic


class Action(NamedTuple):
    """One action of an update expression; REMOVE has no operand."""

    section: str
    path: Path
    operand: Operand | None


class Tree(NamedTuple):
    condition: Condition
    redundant_parentheses: bool


class Update(NamedTuple):
    actions: tuple[Action, ...]
    repeated_section: str | None


def show(path: Elements) -> str:
    """As messages show a resolved path: `[a, b, [0]]`."""
    return "[" + ", ".join(f"[{element}]" if isinstance(element, int) else element for element in path) + "]"
