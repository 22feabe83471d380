"""What a parsed template is made of: closures that emit text, and closures that give a value."""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.web.gateways.velocity import values
from penstock.web.gateways.velocity.scanner import TemplateError
from penstock.web.gateways.velocity.values import truth

Namespace = dict[str, Any]
Eval = Callable[[Namespace], Any]
Emit = Callable[[Namespace, list[str]], None]


# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html: a loop
# ends after so many rounds. The other two keep a template from holding up everybody else.
_MOST_ROUNDS = 1_000
_MOST_ROUNDS_OF_ALL = 100_000
_LONGEST_RANGE = 100_000
_ROUNDS = ""  # in a namespace, where no variable has this name: how many there were


class Break(Exception):
    """#break: ends the loop it stands in."""


class Stop(Exception):
    """#stop, #return: ends the template."""


class Block:
    """What stands in a #define."""

    def __init__(self, body: Emit) -> None:
        self._body = body

    def render(self, namespace: Namespace) -> str:
        out: list[str] = []
        self._body(namespace, out)
        return "".join(out)


def variable(name: str) -> Eval:
    def evaluate(namespace: Namespace) -> Any:
        value = namespace.get(name)
        return value.render(namespace) if type(value) is Block else value

    return evaluate


def never_null(value: Eval) -> Eval:
    """A reference that leads nowhere is an empty string."""

    def evaluate(namespace: Namespace) -> Any:
        found = value(namespace)
        return "" if found is None else found

    return evaluate


def sequence(parts: Sequence[Emit]) -> Emit:
    if len(parts) == 1:
        return parts[0]

    def emit(namespace: Namespace, out: list[str]) -> None:
        for part in parts:
            part(namespace, out)

    return emit


def write(content: str) -> Emit:
    return lambda namespace, out: out.append(content)


def emit_value(value: Eval) -> Emit:
    return lambda namespace, out: out.append(values.text(value(namespace)))


def leave(reason: type[Exception]) -> Emit:
    def emit(namespace: Namespace, out: list[str]) -> None:
        raise reason

    return emit


def choice(branches: Sequence[tuple[Eval, Emit]], otherwise: Emit | None) -> Emit:
    def emit(namespace: Namespace, out: list[str]) -> None:
        for condition, body in branches:
            if truth(condition(namespace)):
                body(namespace, out)
                return
        if otherwise is not None:
            otherwise(namespace, out)

    return emit


def loop(name: str, items: Eval, body: Emit) -> Emit:
    """#foreach, with `$foreach` (index, count, hasNext, first, last, parent) and Velocity 1's two variables."""

    def emit(namespace: Namespace, out: list[str]) -> None:
        elements = values.elements(items(namespace))
        outer = {key: namespace.get(key) for key in (name, "foreach", "velocityCount", "velocityHasNext")}
        last = len(elements) - 1
        try:
            for index, element in enumerate(elements[:_MOST_ROUNDS]):
                _count(namespace)
                state: Namespace = {"index": index, "count": index + 1, "first": index == 0, "last": index == last}
                state |= {"hasNext": index < last, "parent": outer["foreach"]}
                namespace.update({name: element, "foreach": state, "velocityCount": index + 1})
                namespace["velocityHasNext"] = index < last
                body(namespace, out)
        except Break:
            pass
        namespace.update(outer)

    return emit


def _count(namespace: Namespace) -> None:
    rounds = namespace[_ROUNDS] = namespace.get(_ROUNDS, 0) + 1
    if rounds > _MOST_ROUNDS_OF_ALL:
        raise TemplateError(f"#foreach has gone {_MOST_ROUNDS_OF_ALL} rounds")


def assignment(keys: Sequence[Eval]) -> Callable[[Namespace, Any], None]:
    """Sets a variable, a member of a map or an item of a list; nothing where what holds it is neither."""
    *path, last = keys

    def assign(namespace: Namespace, value: Any) -> None:
        target: Any = namespace
        for key in path:
            target = values.item(target, key(namespace))
        where = last(namespace)
        if isinstance(target, dict) or (isinstance(target, list) and where in range(len(target))):
            target[where] = value

    return assign


def either(left: Eval, right: Eval) -> Eval:
    return lambda namespace: truth(left(namespace)) or truth(right(namespace))


def both(left: Eval, right: Eval) -> Eval:
    return lambda namespace: truth(left(namespace)) and truth(right(namespace))


def applied(operation: Callable[[Any, Any], Any], left: Eval, right: Eval) -> Eval:
    return lambda namespace: operation(left(namespace), right(namespace))


def constant(value: Any) -> Eval:
    return lambda namespace: value


def integers(first: Eval, last: Eval) -> Eval:
    """`[1..3]`, or downwards."""

    def evaluate(namespace: Namespace) -> list[int]:
        start, end = first(namespace), last(namespace)
        if not isinstance(start, int) or not isinstance(end, int):
            return []
        if abs(end - start) > _LONGEST_RANGE:
            raise TemplateError(f"the range [{start}..{end}] is too long")
        return list(range(start, end + 1)) if start <= end else list(range(start, end - 1, -1))

    return evaluate
