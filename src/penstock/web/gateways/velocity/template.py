"""Velocity templates, compiled to closures.

Pure: a template is parsed once, when it is deployed, and rendered with a namespace. A reference to what is not there
is an empty string, as in API Gateway, which is true in `#if`. The libraries for Velocity on PyPI cannot read the
templates that the CDK itself writes (identifiers with hyphens in `#set`), and let a template reach Python's attributes.
Source: https://velocity.apache.org/engine/1.7/user-guide.html (without macros).
"""

import contextlib
import operator
import re
from collections.abc import Callable
from typing import Any

from penstock.web.gateways.velocity import nodes, values
from penstock.web.gateways.velocity.nodes import Emit, Eval, Namespace
from penstock.web.gateways.velocity.scanner import IDENTIFIER, Scanner


class Template:
    """`Template(source).render(namespace)`; `constant` is what it gives where that never changes, else None."""

    def __init__(self, source: str) -> None:
        parser = _Parser(source)
        self._body = parser.block(())
        self.constant = source if "$" not in source and "#" not in source and "\\" not in source else None

    def render(self, namespace: Namespace) -> str:
        if self.constant is not None:
            return self.constant
        out: list[str] = []
        with contextlib.suppress(nodes.Stop, nodes.Break):
            self._body(namespace, out)
        return "".join(out)


_REFERENCE = re.compile(r"\$!?(\{)?(?=[A-Za-z_])")
_NAMED = re.compile(r"\$!?\{?([A-Za-z_][\w\-]*)\}?")
_DIRECTIVE = re.compile(
    r"#\{?(set|if|elseif|else|end|foreach|break|stop|return|define|macro|parse|include|evaluate)\b\}?"
)
_TEXT = re.compile(r"[^$#\\\n]+|\n")
_BACKSLASHES = re.compile(r"\\+")
_LINE_END = re.compile(r"[ \t]*\r?\n")
_NUMBER = re.compile(r"-?(?:\d+(\.\d+)?|(\.\d+))")
_OPERATORS: tuple[tuple[tuple[str, Callable[[Any, Any], Any]], ...], ...] = (
    (
        ("==", values.equal),
        ("!=", values.different),
        ("eq ", values.equal),
        ("ne ", values.different),
    ),
    (
        ("<=", values.arithmetic(operator.le)),
        (">=", values.arithmetic(operator.ge)),
        ("<", values.arithmetic(operator.lt)),
        (">", values.arithmetic(operator.gt)),
        ("le ", values.arithmetic(operator.le)),
        ("ge ", values.arithmetic(operator.ge)),
        ("lt ", values.arithmetic(operator.lt)),
        ("gt ", values.arithmetic(operator.gt)),
    ),
    (("+", values.add), ("-", values.arithmetic(operator.sub))),
    (
        ("*", values.arithmetic(operator.mul)),
        ("/", values.arithmetic(values.divide)),
        ("%", values.arithmetic(lambda a, b: a % b if b else None)),
    ),
)
_QUOTED = {quote: re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*){quote}") for quote in "'\""}
_CONSTANTS = {"true": True, "false": False, "null": None}


class _Parser(Scanner):
    # -- text and directives -------------------------------------------------------------------------

    def block(self, ends: tuple[str, ...]) -> Emit:
        """Everything up to one of the directives `ends`, which is left unread; without `ends` to the end."""
        parts: list[Emit] = []
        while self.at < len(self.source):
            directive = _DIRECTIVE.match(self.source, self.at)
            if directive and directive[1] in ends:
                return nodes.sequence(parts)
            parts.append(self._part(directive))
        if ends:
            raise self.error(f"#{ends[-1]} is missing")
        return nodes.sequence(parts)

    def _part(self, directive: re.Match[str] | None) -> Emit:
        if directive is not None:
            return self._directive(directive)
        if (plain := _TEXT.match(self.source, self.at)) is not None:
            self.at = plain.end()
            return nodes.write(plain[0])
        if self.source[self.at] == "\\":
            return self._escaped()
        if (reference := self._reference()) is not None:
            return nodes.emit_value(reference)
        return self._comment() or self._literal(1)

    def _literal(self, length: int) -> Emit:
        self.at += length
        return nodes.write(self.source[self.at - length : self.at])

    def _escaped(self) -> Emit:
        """Before a reference or a directive two backslashes are one, and one makes it text; elsewhere they stay."""
        run = _BACKSLASHES.match(self.source, self.at)
        assert run is not None
        count, self.at = len(run[0]), run.end()
        if not (_REFERENCE.match(self.source, self.at) or _DIRECTIVE.match(self.source, self.at)):
            return nodes.write(run[0])
        kept = nodes.write("\\" * (count // 2))
        return nodes.sequence((kept, self._literal(1))) if count % 2 else kept

    def _comment(self) -> Emit | None:
        """`## ...`, `#* ... *#`, and `#[[ raw ]]#`."""
        for start, end, keeps in (("##", "\n", False), ("#*", "*#", False), ("#[[", "]]#", True)):
            if self.source.startswith(start, self.at):
                close = self.source.find(end, self.at + len(start))
                stop = close if close >= 0 else len(self.source)
                body = self.source[self.at + len(start) : stop]
                self.at = min(stop + len(end), len(self.source))
                return nodes.write(body if keeps else "")
        return None

    def _directive(self, match: re.Match[str]) -> Emit:
        name = match[1]
        reader = _DIRECTIVES.get(name)
        if reader is None:
            raise self.error(f"#{name} is not supported" if name not in ("end", "else", "elseif") else f"stray #{name}")
        self.at = match.end()
        return reader(self)

    def _end_line(self) -> None:
        """A directive swallows the rest of its line where nothing else stands on it."""
        if (rest := _LINE_END.match(self.source, self.at)) is not None:
            self.at = rest.end()

    def _set(self) -> Emit:
        self.expect("(")
        self.skip()
        target = self._target()
        self.expect("=")
        value = self._expression()
        self.expect(")")
        self._end_line()
        return lambda namespace, out: target(namespace, value(namespace))

    def _if(self) -> Emit:
        branches: list[tuple[Eval, Emit]] = []
        otherwise: Emit | None = None
        condition = self._condition()
        while True:
            body = self.block(("elseif", "else", "end"))
            branches.append((condition, body))
            ending = self._read_directive()
            if ending == "elseif":
                condition = self._condition()
                continue
            if ending == "else":
                otherwise = self.block(("end",))
                self._read_directive()
            break
        return nodes.choice(branches, otherwise)

    def _condition(self) -> Eval:
        self.expect("(")
        condition = self._expression()
        self.expect(")")
        self._end_line()
        return condition

    def _read_directive(self) -> str:
        match = _DIRECTIVE.match(self.source, self.at)
        assert match is not None
        self.at = match.end()
        if match[1] != "elseif":
            self._end_line()
        return match[1]

    def _foreach(self) -> Emit:
        self.expect("(")
        self.skip()
        name = self._identifier_of_reference()
        self.expect("in")
        items = self._expression()
        self.expect(")")
        self._end_line()
        body = self.block(("end",))
        self._read_directive()
        return nodes.loop(name, items, body)

    def _define(self) -> Emit:
        """`#define($name) ... #end`: what `$name` is made of, each time anew."""
        self.expect("(")
        self.skip()
        name = self._identifier_of_reference()
        self.expect(")")
        self._end_line()
        block = nodes.Block(self.block(("end",)))
        self._read_directive()
        return lambda namespace, out: namespace.__setitem__(name, block)

    def _leave(self, reason: type[Exception]) -> Emit:
        self._end_line()
        return nodes.leave(reason)

    def _identifier_of_reference(self) -> str:
        match = _NAMED.match(self.source, self.at)
        if match is None:
            raise self.error("a reference is expected")
        self.at = match.end()
        return match[1]

    # -- references ----------------------------------------------------------------------------------

    def _reference(self) -> Eval | None:
        """`$name`, `${name}`, `$!name`, with members, calls and indexes; None where there is none."""
        opening = _REFERENCE.match(self.source, self.at)
        if opening is None:
            return None
        self.at = opening.end()
        value = nodes.variable(self.identifier())
        while (step := self._step()) is not None:
            value = step(value)
        if opening[1]:
            self.expect("}")
        return nodes.never_null(value)

    def _step(self) -> Callable[[Eval], Eval] | None:
        following = self.source[self.at : self.at + 1]
        if following == "[":
            self.at += 1
            key = self._expression()
            self.expect("]")
            return lambda target: lambda namespace: values.item(target(namespace), key(namespace))
        member = IDENTIFIER.match(self.source, self.at + 1) if following == "." else None
        if member is None:
            return None
        self.at = member.end()
        name = member[0]
        if self.source.startswith("(", self.at):
            arguments = self._arguments(")")
            return lambda target: (
                lambda namespace: values.call(target(namespace), name, [argument(namespace) for argument in arguments])
            )
        return lambda target: lambda namespace: values.member(target(namespace), name)

    def _arguments(self, close: str) -> list[Eval]:
        """Expressions between the bracket at hand and `close`."""
        self.at += 1
        found: list[Eval] = []
        while not self.accept(close):
            found.append(self._expression())
            if not self.accept(","):
                self.expect(close)
                break
        return found

    def _target(self) -> Callable[[Namespace, Any], None]:
        """The left side of #set: a variable, a member of a map by `.name` or `[key]`, an item of a list."""
        opening = _REFERENCE.match(self.source, self.at)
        if opening is None:
            raise self.error("a reference is expected")
        self.at = opening.end()
        keys: list[Eval] = [nodes.constant(self.identifier())]
        while self.source.startswith((".", "["), self.at):
            bracket = self.source[self.at] == "["
            self.at += 1
            keys.append(self._expression() if bracket else nodes.constant(self.identifier()))
            if bracket:
                self.expect("]")
        if opening[1]:
            self.expect("}")
        return nodes.assignment(keys)

    # -- expressions ---------------------------------------------------------------------------------

    def _expression(self) -> Eval:
        left = self._and()
        while self.accept("||") or self.word("or"):
            left = nodes.either(left, self._and())
        return left

    def _and(self) -> Eval:
        left = self._not()
        while self.accept("&&") or self.word("and"):
            left = nodes.both(left, self._not())
        return left

    def _not(self) -> Eval:
        self.skip()
        if not self.source.startswith("!=", self.at) and (self.accept("!") or self.word("not")):
            inner = self._not()
            return lambda namespace: not values.truth(inner(namespace))
        return self._binary(0)

    def _binary(self, level: int) -> Eval:
        if level == len(_OPERATORS):
            return self._operand()
        left = self._binary(level + 1)
        while (operation := next((op for sign, op in _OPERATORS[level] if self.accept(sign)), None)) is not None:
            left = nodes.applied(operation, left, self._binary(level + 1))
        return left

    def _operand(self) -> Eval:
        self.skip()
        first = self.source[self.at : self.at + 1]
        if first == "$" and (reference := self._reference()) is not None:
            return reference
        if (number := _NUMBER.match(self.source, self.at)) is not None:
            return self._number(number)
        reader = {"'": self._quoted, '"': self._quoted, "[": self._list, "{": self._map, "(": self._nested}.get(first)
        if reader is not None:
            return reader()
        word = IDENTIFIER.match(self.source, self.at)
        if word is None or word[0] not in _CONSTANTS:
            raise self.error("an expression is expected")
        self.at = word.end()
        return nodes.constant(_CONSTANTS[word[0]])

    def _number(self, match: re.Match[str]) -> Eval:
        self.at = match.end()
        return nodes.constant(float(match[0]) if match[1] or match[2] else int(match[0]))

    def _nested(self) -> Eval:
        self.at += 1
        inner = self._expression()
        self.expect(")")
        return inner

    def _quoted(self) -> Eval:
        """'...' as it stands; "..." is a template itself. A doubled quote stands for one."""
        quote = self.source[self.at]
        match = _QUOTED[quote].match(self.source, self.at)
        if match is None:
            raise self.error(f"a closing {quote} is expected")
        self.at = match.end()
        content = match[1].replace(quote * 2, quote)
        return nodes.constant(content) if quote == "'" else Template(content).render

    def _list(self) -> Eval:
        """`[a, b]` or the range `[1..n]`."""
        start = self.at
        self.at += 1
        if not self.accept("]"):
            first = self._expression()
            if self.accept(".."):
                last = self._expression()
                self.expect("]")
                return nodes.integers(first, last)
        self.at = start
        items = self._arguments("]")
        return lambda namespace: [item(namespace) for item in items]

    def _map(self) -> Eval:
        self.at += 1
        entries: list[tuple[Eval, Eval]] = []
        while not self.accept("}"):
            key = self._expression()
            self.expect(":")
            entries.append((key, self._expression()))
            if not self.accept(","):
                self.expect("}")
                break
        return lambda namespace: {key(namespace): value(namespace) for key, value in entries}


_DIRECTIVES: dict[str, Callable[[_Parser], Emit]] = {
    "set": _Parser._set,
    "if": _Parser._if,
    "foreach": _Parser._foreach,
    "define": _Parser._define,
    "break": lambda parser: parser._leave(nodes.Break),
    "stop": lambda parser: parser._leave(nodes.Stop),
    "return": lambda parser: parser._leave(nodes.Stop),
}
