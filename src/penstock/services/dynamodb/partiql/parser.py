"""Recursive descent over statements.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

import re
from collections.abc import Callable
from functools import lru_cache

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions.tree import Action, Condition, Operand, Operation, Path, Placeholder
from penstock.services.dynamodb.partiql.keywords import TYPES
from penstock.services.dynamodb.partiql.terms import Terms
from penstock.services.dynamodb.partiql.tokens import Token, malformed
from penstock.services.dynamodb.partiql.tree import (
    Bag,
    Column,
    Delete,
    Exists,
    Insert,
    Order,
    Parameter,
    Select,
    Statement,
    Update,
)

Bags = tuple[tuple[Placeholder, AwsError], ...]

_KEPT = 1024  # statements; those with their values written into them are many
_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}|arn:.+")
_BAD_TABLE = "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'."
_UNSUPPORTED = ("GROUP", "HAVING", "LIMIT", "OFFSET")
_SET_FUNCTIONS = {"set_add": "ADD", "set_delete": "DELETE"}
# RETURNING -> ReturnValues
_RETURNING = {("ALL", "OLD"): "ALL_OLD", ("ALL", "NEW"): "ALL_NEW"}
_RETURNING |= {("MODIFIED", "OLD"): "UPDATED_OLD", ("MODIFIED", "NEW"): "UPDATED_NEW"}


@lru_cache(maxsize=_KEPT)
def parse(text: str) -> Statement:
    """Raises ValidationException."""
    try:
        return _Parser(text).statement()
    except RecursionError:
        raise malformed("Expressions are nested too deeply") from None


class _Parser(Terms):
    def statement(self) -> Statement:
        found = self._one()
        if not self.tokens.at_end:
            raise malformed("Unexpected token after expression")
        return found

    def _one(self) -> Statement:
        for word, read in _STATEMENTS.items():
            if self.tokens.accept_word(word):
                return read(self)
        if self.at_name and self.tokens.next.text.upper() == "IS":
            raise self._bare_test()
        raise malformed("Expected data manipulation")

    def _bare_test(self) -> AwsError:
        """`x IS type`, which says nothing to do."""
        self.tokens.take()
        self.tokens.take()
        self.tokens.accept_word("NOT")
        known = self.tokens.at_word(*TYPES, "MISSING")
        return invalid("Unsupported operation: IsType") if known else malformed("Expected type name")

    # -- SELECT --------------------------------------------------------------------------------------

    def select(self) -> Select:
        columns = self._columns()
        self.tokens.expect_word("FROM")
        if not self.at_name:
            raise self.tokens.unexpected()
        table, index = self._source()
        where = self.where()
        order: tuple[Order, ...] = ()
        for word in _UNSUPPORTED:
            if self.tokens.at_word(word):
                raise invalid(f"Unsupported clause: {'GROUP BY' if word == 'GROUP' else word}")
        if self.tokens.accept_word("ORDER"):
            self.tokens.expect_word("BY")
            order = self.listed(self._order)
        if self.tokens.at_word("LIMIT", "OFFSET"):
            raise invalid(f"Unsupported clause: {self.tokens.current.text.upper()}")
        return Select(table, index, columns, where, order, self.values)

    def _columns(self) -> tuple[Column, ...] | None:
        if self.tokens.accept("*"):
            if self.tokens.at_mark(","):
                raise invalid("Other attributes should not be present in the projection when '*' is used.")
            return None
        if self.tokens.at_word("DISTINCT"):
            raise invalid("Unsupported token in expression: DISTINCT")
        if self.tokens.at_word("VALUE", "PIVOT"):
            raise invalid("Select projection doesn't support value or pivot keywords")
        columns = self.listed(self._column)
        names = [column.name for column in columns]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise invalid(f"Duplicate identifiers in select clause: {twice}")
        return columns

    def _column(self) -> Column:
        token = self.tokens.current
        if self.tokens.at_mark("*"):
            raise invalid("Other attributes should not be present in the projection when '*' is used.")
        if token.kind == "name" and self.tokens.next.text == "(":
            raise invalid(f"Unexpected path component at {self.tokens.where(token)}")
        elements = self.path().elements
        if self.at_name or self.tokens.at_word("AS"):
            raise invalid("Aliasing is not supported")
        name, indexes = "", ""
        for element in elements:
            name, indexes = (element, "") if isinstance(element, str) else (name, f"{indexes}[{element}]")
        return Column(name + indexes, elements)

    def _order(self) -> Order:
        path = self.path()
        if len(path.elements) > 1:
            raise invalid("Argument to ORDER BY must be of type VariableReference. Type: Path")
        forward = not self.tokens.accept_word("DESC")
        if forward:
            self.tokens.accept_word("ASC")
        return Order(str(path.elements[0]), forward)

    def _source(self) -> tuple[str, str | None]:
        """`"table"` or `"table"."index"`."""
        parts = [self._table()]
        while self.tokens.accept("."):
            parts.append(self.name("Invalid path dot component"))
        if len(parts) > 2:
            raise invalid("A path may contain at most 2 components in the FROM clause")
        if self.at_name or self.tokens.at_word("AS"):
            raise invalid("Aliasing is not supported")
        if self.tokens.at_mark(","):
            raise invalid("Only select from a single table or index is supported.")
        return parts[0], parts[1] if len(parts) == 2 else None

    def _table(self) -> str:
        name = self.name("Expected identifier for simple path")
        if _TABLE.fullmatch(name) is None:
            raise invalid(_BAD_TABLE)
        return name

    def where(self) -> Condition | None:
        return self.condition() if self.tokens.accept_word("WHERE") else None

    def exists(self) -> Exists:
        self.tokens.expect("(", "LEFT_PAREN")
        self.tokens.expect_word("SELECT")
        found = Exists(self.select())
        self.tokens.expect(")", "RIGHT_PAREN")
        return found

    # -- INSERT, UPDATE, DELETE ----------------------------------------------------------------------

    def insert(self) -> Insert:
        self.tokens.expect_word("INTO")
        table = self._table()
        if self.tokens.at_mark("."):
            raise invalid("FROM clause may only contain a single table name in data manipulation statements")
        if self.tokens.at_word("VALUES") or self.tokens.at_mark("(", "<<", "["):
            raise invalid(
                "Unsupported operation: Inserting multiple items in a single statement is not supported, use "
                '"INSERT INTO tableName VALUE item" instead'
            )
        if self.at_name:
            raise malformed("Unexpected token after expression")
        self.tokens.expect_word("VALUE")
        if not self.tokens.at_mark("{"):
            raise invalid(
                "Unsupported format in item expression. Please use struct format {...} to express item values for "
                "insert statement."
            )
        item = self.item()
        if self.tokens.at_word("RETURNING"):
            raise invalid("RETURNING is not supported in INSERT")
        return Insert(table, item, self.values)

    def _target(self) -> str:
        table, index = self._source()
        if index is not None:
            raise invalid("This operation is not supported on an index")
        return table

    def update(self) -> Update:
        table = self._target()
        actions, bags = self._actions()
        where = self.where()
        return Update(table, actions, where, self._returning(), self.values, bags)

    def update_from(self) -> Update:
        """`FROM table WHERE ... SET ...`: the same, the other way round."""
        table = self._target()
        where = self.where()
        actions, bags = self._actions()
        return Update(table, actions, where, self._returning(), self.values, bags)

    def delete(self) -> Delete:
        self.tokens.expect_word("FROM")
        table = self._target()
        where = self.where()
        returning = self._returning()
        if returning not in ("", "ALL_OLD"):
            shown = next(" ".join(words) for words, value in _RETURNING.items() if value == returning)
            raise invalid(
                f"Invalid returning clause: RETURNING {shown} *. "
                "Only RETURNING ALL OLD * is allowed in DELETE statements."
            )
        return Delete(table, where, returning, self.values)

    def _returning(self) -> str:
        if not self.tokens.accept_word("RETURNING"):
            return ""
        extent, age = (self.tokens.take().text.upper() for _ in range(2))
        if (extent, age) not in _RETURNING or not self.tokens.accept("*"):
            raise invalid("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause")
        if self.tokens.at_mark(","):
            raise invalid("Invalid syntax with multiple returning elements in RETURNING clause")
        return _RETURNING[extent, age]

    # -- SET and REMOVE ------------------------------------------------------------------------------

    def _actions(self) -> tuple[tuple[Action, ...], Bags]:
        """The actions, and the placeholders that have to be sets, with what is said where they are not."""
        actions: list[Action] = []
        self._bags: list[tuple[Placeholder, AwsError]] = []
        while True:
            if self.tokens.accept_word("SET"):
                actions += self.listed(self._assignment)
            elif self.tokens.accept_word("REMOVE"):
                actions += [Action("REMOVE", path, None) for path in self.listed(self.path)]
            else:
                break
        if not actions:
            raise malformed("Expected data manipulation")
        return tuple(actions), tuple(self._bags)

    def _assignment(self) -> Action:
        path = self.path()
        self.tokens.expect("=", "EQ")
        token = self.tokens.current
        if token.kind == "name" and self.tokens.next.text == "(" and token.text.lower() in _SET_FUNCTIONS:
            return self._set_function(path, token)
        return Action("SET", path, self._sum())

    def _set_function(self, path: Path, function: Token) -> Action:
        """`set_add(path, <<...>>)` and `set_delete`: the actions ADD and DELETE."""
        name, at = function.text.upper(), self.tokens.where(function)
        self.tokens.take()
        first = self.tokens.next
        self.tokens.take()
        operands = () if self.tokens.at_mark(")") else self.listed(self._term)
        self.tokens.expect(")", "RIGHT_PAREN")
        if len(operands) != 2:
            raise invalid(f"{name} must have exactly two arguments at {at}")
        if operands[0] != path:
            raise invalid(f"The first argument to {name} must equal the assignment value at {at}")
        fault = invalid(f"The second argument to {name} must be a value with type SET at {self.tokens.where(first)}")
        given = operands[1]
        template = self.values.templates[given.name] if isinstance(given, Placeholder) else None
        if not isinstance(given, Placeholder) or not isinstance(template, Bag | Parameter):
            raise fault
        self._bags.append((given, fault))
        return Action(_SET_FUNCTIONS[name.lower()], path, given)

    def _sum(self) -> Operand:
        """A term, or a sum or difference of two."""
        left = self._term()
        if not self.tokens.at_mark("+", "-"):
            return left
        return Operation(self.tokens.take().text, (left, self._term()))

    def _term(self) -> Operand:
        token = self.tokens.current
        if self.tokens.accept("("):
            found = self._sum()
            self.tokens.expect(")", "RIGHT_PAREN")
            return found
        if self.at_literal:
            return self.value()
        if token.kind == "name" and self.tokens.next.text == "(":
            if token.text.lower() != "list_append":
                raise invalid(f"Unrecognized function: {token.text.lower()} at {self.tokens.where(token)}")
            return Operation("list_append", self.arguments(self._term), function=True)
        return self.path()


_STATEMENTS: dict[str, Callable[[_Parser], Statement]] = {
    "SELECT": _Parser.select,
    "INSERT": _Parser.insert,
    "UPDATE": _Parser.update,
    "DELETE": _Parser.delete,
    "FROM": _Parser.update_from,
    "EXISTS": _Parser.exists,
}
