"""Recursive descent over the three grammars: conditions, updates and projections.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from collections.abc import Callable
from typing import TypeVar

from penstock.services.dynamodb.expressions.tokens import Tokens
from penstock.services.dynamodb.expressions.tree import (
    Action,
    Condition,
    ExpressionError,
    Logic,
    Operand,
    Operation,
    Path,
    Placeholder,
    Tree,
    Update,
)

T = TypeVar("T")

COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
MAX_OPERATORS = 300
MAX_IN_OPERANDS = 100

_CONDITION_WORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN"))
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")


def parse_condition(text: str) -> Tree:
    parser = _Parser(Tokens(text), _CONDITION_WORDS)
    condition = parser.condition()
    if parser.tokens.current.kind != "end":
        raise parser.tokens.unexpected()
    return Tree(condition, parser.redundant)


def parse_update(text: str) -> Update:
    parser = _Parser(Tokens(text, tells_size=False), frozenset(_SECTIONS))
    actions: list[Action] = []
    seen: set[str] = set()
    repeated = None
    while parser.tokens.current.kind != "end":
        if not parser.tokens.at_word(*_SECTIONS):
            raise parser.tokens.unexpected()
        section = parser.tokens.take().text.upper()
        actions += parser.section(section)
        repeated = repeated or (section if section in seen else None)
        seen.add(section)
    return Update(tuple(actions), repeated)


def parse_projection(text: str) -> tuple[Path, ...]:
    parser = _Parser(Tokens(text), frozenset())
    paths = parser.listed(parser.path)
    if parser.tokens.current.kind != "end":
        raise parser.tokens.unexpected()
    return paths


class _Parser:
    def __init__(self, tokens: Tokens, words: frozenset[str]) -> None:
        self.tokens = tokens
        self.redundant = False
        self._words = words
        self._operators = 0

    def _count_operator(self) -> None:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            message = "The expression contains too many operators"
            raise ExpressionError(f"{message}; operator count: {self._operators}")

    def listed(self, one: Callable[[], T]) -> tuple[T, ...]:
        found = [one()]
        while self.tokens.accept(","):
            found.append(one())
        return tuple(found)

    # -- conditions ------------------------------------------------------------------------------

    def condition(self) -> Condition:
        found = self._or(grouped=False)
        assert isinstance(found, Operation | Logic)
        return found

    def _or(self, grouped: bool) -> Condition | Operand:
        found = self._and(grouped)
        while self.tokens.accept_word("OR"):
            found = self._logic("OR", found, self._and(False))
        return found

    def _and(self, grouped: bool) -> Condition | Operand:
        found = self._not(grouped)
        while self.tokens.accept_word("AND"):
            found = self._logic("AND", found, self._not(False))
        return found

    def _logic(self, operator: str, *parts: Condition | Operand) -> Logic:
        self._count_operator()
        return Logic(operator, tuple(part for part in parts if isinstance(part, Operation | Logic)))

    def _not(self, grouped: bool) -> Condition | Operand:
        if self.tokens.accept_word("NOT"):
            return self._logic("NOT", self._not(False))
        return self._comparison(grouped)

    def _comparison(self, grouped: bool) -> Condition | Operand:
        """An operation, a condition in parentheses or, inside parentheses only, the operand of an outer operation."""
        left = self._group() if self.tokens.current.text == "(" else self._operand()
        if isinstance(left, Logic) or (isinstance(left, Operation) and not left.function):
            return left
        if self.tokens.current.text in COMPARATORS:
            self._count_operator()
            return Operation(self.tokens.take().text, (left, self._value()))
        if self.tokens.accept_word("BETWEEN"):
            return self._between(left)
        if self.tokens.accept_word("IN"):
            return self._in(left)
        if isinstance(left, Operation) or (grouped and self.tokens.current.text == ")"):
            return left
        raise self.tokens.unexpected()

    def _between(self, operand: Operand) -> Operation:
        self._count_operator()
        low = self._value()
        if not self.tokens.accept_word("AND"):
            raise self.tokens.unexpected()
        return Operation("BETWEEN", (operand, low, self._value()))

    def _in(self, operand: Operand) -> Operation:
        self._count_operator()
        self.tokens.expect("(")
        options = self.listed(self._value)
        self.tokens.expect(")")
        if len(options) > MAX_IN_OPERANDS:
            message = "The IN operator is provided with too many operands"
            raise ExpressionError(f"{message}; number of operands: {len(options)}")
        return Operation("IN", (operand, *options))

    def _group(self) -> Condition | Operand:
        """What stands in parentheses; parentheses right inside of others say nothing, and are refused later."""
        self.tokens.expect("(")
        doubled = self.tokens.current.text == "("
        inner_end = self._end_of_group(self.tokens.position()) if doubled else -1
        found = self._or(grouped=True)
        if doubled and self.tokens.position() == inner_end:
            self.redundant = True
        self.tokens.expect(")")
        return found

    def _end_of_group(self, start: int) -> int:
        """The position after the parenthesis that closes the one at `start`."""
        level = 0
        for position, token in enumerate(self.tokens.all()[start:], start):
            level += (token.text == "(") - (token.text == ")")
            if level == 0:
                return position + 1
        return -1

    # -- operands --------------------------------------------------------------------------------

    def _value(self) -> Operand:
        """An operand, in parentheses or not."""
        if not self.tokens.accept("("):
            return self._operand()
        doubled = self.tokens.current.text == "("
        found = self._value()
        self.redundant = self.redundant or doubled
        self.tokens.expect(")")
        return found

    def _operand(self) -> Operand:
        token = self.tokens.current
        if token.kind == "value":
            return Placeholder(self.tokens.take().text)
        if token.kind == "name" and self.tokens.next.text == "(" and token.text.upper() not in self._words:
            return self._function()
        return self.path()

    def _function(self) -> Operation:
        self._count_operator()
        name = self.tokens.take().text
        self.tokens.expect("(")
        operands = self.listed(self._value)
        self.tokens.expect(")")
        return Operation(name, operands, function=True)

    def path(self) -> Path:
        elements: list[str | int] = [self._path_name()]
        while self.tokens.current.text in (".", "["):
            if self.tokens.accept("."):
                elements.append(self._path_name())
            else:
                self.tokens.take()
                if self.tokens.current.kind != "index":
                    raise self.tokens.unexpected()
                elements.append(int(self.tokens.take().text))
                self.tokens.expect("]")
        return Path(tuple(elements))

    def _path_name(self) -> str:
        token = self.tokens.current
        if token.kind == "attribute" or (token.kind == "name" and token.text.upper() not in self._words):
            return self.tokens.take().text
        raise self.tokens.unexpected()

    # -- updates ---------------------------------------------------------------------------------

    def section(self, name: str) -> tuple[Action, ...]:
        return self.listed(lambda: self._action(name))

    def _action(self, section: str) -> Action:
        path = self.path()
        if section == "REMOVE":
            return Action(section, path, None)
        if section == "SET":
            self.tokens.expect("=")
            return Action(section, path, self._sum())
        if self.tokens.current.kind != "value":
            raise self.tokens.unexpected()
        return Action(section, path, Placeholder(self.tokens.take().text))

    def _sum(self) -> Operand:
        """An operand, or one sum or difference of two, in parentheses or not."""
        if self.tokens.current.text == "(" and self._groups_sum():
            self.tokens.expect("(")
            found = self._sum()
            self.tokens.expect(")")
            return found
        left = self._value()
        if self.tokens.current.text not in ("+", "-"):
            return left
        self._count_operator()
        return Operation(self.tokens.take().text, (left, self._value()))

    def _groups_sum(self) -> bool:
        start = self.tokens.position()
        return any(token.text in ("+", "-") for token in self.tokens.all()[start : self._end_of_group(start)])
