"""Names, paths, literals and conditions of PartiQL, as the trees and values of `expressions`."""

from collections.abc import Callable
from typing import TypeVar

from penstock.base.errors import AwsError
from penstock.services.dynamodb import numbers
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions.checks import FUNCTIONS, operand_count
from penstock.services.dynamodb.expressions.parser import MAX_OPERATORS
from penstock.services.dynamodb.expressions.tree import Condition, Logic, Operand, Operation, Path, Placeholder
from penstock.services.dynamodb.partiql.keywords import TYPES
from penstock.services.dynamodb.partiql.tokens import OPERATOR_WORDS, Token, Tokens, malformed
from penstock.services.dynamodb.partiql.tree import Bag, Parameter, Template, Values

T = TypeVar("T")

_COMPARATORS = {"!=": "<>", **{text: text for text in ("=", "<>", "<", "<=", ">", ">=")}}
_MAX_EXPONENT = 2**31 - 1
_BAD_IN = (
    "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with "
    "at least one member"
)
_BAD_IS = "Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]"
_NO_BOOLEAN = "WHERE clause must contain an expression that resolves to a boolean"
_BOOLEAN_FUNCTIONS = FUNCTIONS.keys() - {"size"}


class Terms:
    """A cursor that reads terms; the values it meets are collected in `values`."""

    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)
        self.values = Values()
        self._operators = 0
        self._whole = False

    def listed(self, one: Callable[[], T]) -> tuple[T, ...]:
        found = [one()]
        while self.tokens.accept(","):
            found.append(one())
        return tuple(found)

    # -- names and paths -----------------------------------------------------------------------------

    @property
    def at_name(self) -> bool:
        token = self.tokens.current
        return token.kind == "quoted" or (token.kind == "name" and not token.is_keyword)

    def name(self, fault: str) -> str:
        """A name, quoted or not; `fault` is said where there is none."""
        if not self.at_name:
            raise malformed(fault)
        text = self.tokens.take().text
        if not text:
            raise invalid("Path component cannot be an empty string")
        return text

    def path(self) -> Path:
        if not self.at_name:
            raise self.tokens.unexpected()
        elements: list[str | int] = [self.name("Unexpected term")]
        while self.tokens.at_mark(".", "["):
            if self.tokens.accept("."):
                elements.append(self._below())
            else:
                self.tokens.take()
                elements.append(self._index())
        return Path(tuple(elements))

    def _below(self) -> str:
        if self.tokens.at_mark("*"):
            raise invalid("Unpivot path component like a.*.b are not supported")
        return self.name("Invalid path dot component")

    def _index(self) -> str | int:
        """A list index, or a map's key in quotes."""
        token = self.tokens.take()
        if token.kind == "mark" and token.text == "*":
            raise invalid("Wildcard path component like a[*].b are not supported")
        self.tokens.expect("]", "RIGHT_BRACKET")
        if token.kind == "string":
            return token.text
        if token.kind != "number" or not token.text.isdigit():
            raise invalid("Unexpected path component")
        return int(token.text)

    # -- literals ------------------------------------------------------------------------------------

    def value(self) -> Placeholder:
        return self.values.add(self.literal("root"))

    def item(self) -> Placeholder:
        """The item of an INSERT, each of whose attributes is a root."""
        self._whole = True
        return self.value()

    @property
    def at_literal(self) -> bool:
        tokens = self.tokens
        if tokens.at_mark("-", "+"):
            return tokens.next.kind == "number"
        if tokens.current.kind in ("string", "number", "ion"):
            return True
        return tokens.at_mark("?", "[", "{", "<<") or tokens.at_word("TRUE", "FALSE", "NULL", "MISSING")

    def literal(self, place: str) -> Template:
        """A value that stands at `place` of the whole: `root`, `root.a[0]`."""
        if not self.at_literal:
            raise self._no_literal(place)
        token = self.tokens.take()
        read = _LITERALS.get(token.kind if token.kind in ("string", "number", "ion") else token.text.upper())
        assert read is not None
        return read(self, token, place)

    def _no_literal(self, place: str) -> AwsError:
        token = self.tokens.current
        if token.kind in ("name", "quoted"):
            at = self.tokens.where(token)
            return invalid(f"Unsupported data type: {token.text} under key {place} at {at}")
        return self.tokens.unexpected()

    def _string(self, token: Token, place: str) -> Template:
        return {"S": token.text}

    def _ion(self, token: Token, place: str) -> Template:
        raise invalid(f"Ion Literals are not supported: {token.text[1:-1]} under key {place}")

    def _number(self, token: Token, place: str) -> Template:
        text = token.text if token.kind == "number" else token.text + self.tokens.take().text
        mantissa, _, exponent = text.lower().partition("e")
        scale = len(mantissa.partition(".")[2]) - int(exponent or 0)
        if max(abs(int(exponent or 0)), abs(scale)) > _MAX_EXPONENT:
            raise malformed("")
        try:
            return {"N": numbers.canonical(text)}
        except AwsError as error:
            raise invalid(f"{error.message} under {place}") from None

    def _parameter(self, token: Token, place: str) -> Template:
        self.values.parameters += 1
        return Parameter(self.values.parameters - 1)

    def _word(self, token: Token, place: str) -> Template:
        word = token.text.upper()
        if word == "MISSING":
            raise invalid("MISSING must be compared using IS operator")
        return {"NULL": True} if word == "NULL" else {"BOOL": word == "TRUE"}

    def _list(self, token: Token, place: str) -> Template:
        members: list[Template] = []
        while not self.tokens.accept("]"):
            if members:
                self.tokens.expect(",", "COMMA")
            members.append(self.literal(f"{place}[{len(members)}]"))
        return {"L": members}

    def _map(self, token: Token, place: str) -> Template:
        members: dict[str, Template] = {}
        whole, self._whole = self._whole, False
        while not self.tokens.accept("}"):
            if members:
                self.tokens.expect(",", "COMMA")
            key = self.tokens.take()
            if key.kind != "string":
                raise invalid(f"Tuple keys must be of type String. Actual type: {key.text} under {place}")
            if key.text in members:
                raise invalid(f"Duplicate keys in tuple. Key: {key.text} under {place}")
            self.tokens.expect(":", "COLON")
            members[key.text] = self.literal(place if whole else f"{place}.{key.text}")
        return {"M": members}

    def _bag(self, token: Token, place: str) -> Template:
        if self.tokens.accept(">>"):
            raise invalid("Empty bags are not supported")
        members = self.listed(lambda: self.literal(place))
        self.tokens.expect(">>", "RIGHT_DOUBLE_ANGLE_BRACKET")
        return Bag(members)

    # -- conditions ----------------------------------------------------------------------------------

    def condition(self) -> Condition:
        found = self._and()
        while self.tokens.accept_word("OR"):
            self._joined()
            found = Logic("OR", (found, self._and()))
        return found

    def _and(self) -> Condition:
        found = self._not()
        while self.tokens.accept_word("AND"):
            self._joined()
            found = Logic("AND", (found, self._not()))
        return found

    def _joined(self) -> None:
        """After an AND or OR."""
        self._check_right()
        self._count()

    def _count(self) -> None:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise invalid(f"The expression contains too many operators; operator count: {self._operators}")

    def _check_right(self) -> None:
        if self.tokens.at_end:
            raise malformed("Missing right-hand side expression of infix operator")

    def _not(self) -> Condition:
        if self.tokens.accept_word("NOT"):
            self._count()
            return Logic("NOT", (self._not(),))
        if self.tokens.accept("("):
            found = self.condition()
            self.tokens.expect(")", "RIGHT_PAREN")
            return found
        return self._predicate()

    def _predicate(self) -> Condition:
        left = self._operand()
        if self.tokens.current.text in _COMPARATORS and self.tokens.current.kind == "mark":
            return self._comparison(left)
        negated = self.tokens.accept_word("NOT")
        read = next((_PREDICATES[word] for word in _PREDICATES if self.tokens.at_word(word)), None)
        if read is not None:
            self.tokens.take()
            found = read(self, left)
            return Logic("NOT", (found,)) if negated else found
        if isinstance(left, Operation) and left.operator in _BOOLEAN_FUNCTIONS:
            return left
        if self.tokens.at_word(*OPERATOR_WORDS - {"AND", "OR"}):
            raise invalid(f"Unsupported operation: {self.tokens.current.text.upper()}")
        raise invalid(_NO_BOOLEAN)

    def _comparison(self, left: Operand) -> Condition:
        operator = _COMPARATORS[self.tokens.take().text]
        self._check_right()
        if isinstance(left, Operation) and left.operator in _BOOLEAN_FUNCTIONS and operator in ("=", "<>"):
            if not self.tokens.at_word("TRUE", "FALSE"):
                raise invalid(_NO_BOOLEAN)
            holds = self.tokens.take().text.upper() == "TRUE"
            return left if holds is (operator == "=") else Logic("NOT", (left,))
        return Operation(operator, (left, self._operand()))

    def _between(self, left: Operand) -> Condition:
        low = self._operand()
        self.tokens.expect_word("AND")
        return Operation("BETWEEN", (left, low, self._operand()))

    def _in(self, left: Operand) -> Condition:
        closing = {"[": "]", "(": ")", "<<": ">>"}.get(self.tokens.current.text)
        if closing is None or not isinstance(left, Path) or self.tokens.next.text == closing:
            raise invalid(_BAD_IN)
        self.tokens.take()
        options = self.listed(self.value)
        self.tokens.expect(closing, "RIGHT_BRACKET")
        return Operation("IN", (left, *options))

    def _is(self, left: Operand) -> Condition:
        negated = self.tokens.accept_word("NOT")
        word = self.tokens.current.text.upper()
        if self.tokens.current.kind != "name" or word not in {*TYPES, "MISSING"}:
            raise malformed("Expected type name")
        self.tokens.take()
        found = Operation("attribute_not_exists", (left,), function=True)
        if word != "MISSING":
            if not TYPES[word]:
                raise invalid(f"Unsupported data type for IS operator: {word}. {_BAD_IS}")
            wanted = self.values.add({"S": TYPES[word]})
            found = Operation("attribute_type", (left, wanted), function=True)
        return Logic("NOT", (found,)) if negated else found

    def _operand(self) -> Operand:
        if self.at_literal:
            return self.value()
        token = self.tokens.current
        if token.kind == "name" and self.tokens.next.text == "(":
            return self._function()
        return self.path()

    def _function(self) -> Operation:
        token = self.tokens.current
        name = token.text.lower()
        if name not in FUNCTIONS:
            if token.is_keyword and name not in ("exists", "size"):
                raise self.tokens.unexpected()
            raise invalid(f"Unrecognized function: {name} at {self.tokens.where(token)}")
        operands = self.arguments(self._operand)
        if len(operands) != FUNCTIONS[name]:
            raise invalid(operand_count(name, len(operands)))
        return Operation(name, operands, function=True)

    def arguments(self, one: Callable[[], T]) -> tuple[T, ...]:
        """What stands in the parentheses of a function, whose name is next."""
        self.tokens.take()
        self.tokens.take()
        found = () if self.tokens.at_mark(")") else self.listed(one)
        self.tokens.expect(")", "RIGHT_PAREN")
        return found


_LITERALS: dict[str, Callable[[Terms, Token, str], Template]] = {
    "string": Terms._string,
    "number": Terms._number,
    "ion": Terms._ion,
    "-": Terms._number,
    "+": Terms._number,
    "?": Terms._parameter,
    "[": Terms._list,
    "{": Terms._map,
    "<<": Terms._bag,
    **dict.fromkeys(("TRUE", "FALSE", "NULL", "MISSING"), Terms._word),
}
_PREDICATES: dict[str, Callable[[Terms, Operand], Condition]] = {
    "BETWEEN": Terms._between,
    "IN": Terms._in,
    "IS": Terms._is,
}
