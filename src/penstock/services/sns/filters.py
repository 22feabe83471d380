"""Filter policies: EventBridge's patterns with SNS's limits, over what a message shows of itself. Pure.

A policy looks at the message's attributes or at its body, which has to be a JSON object. To the pattern an attribute is
its value: a number for `Number`, the elements of a `String.Array`; `Binary` attributes are not looked at.
Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.delivery.patterns import Pattern, PatternError, compile
from penstock.services.sns.errors import invalid

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
MAX_KEYS = 5
MAX_COMBINATIONS = 150

Json = dict[str, Any]


def compile_policy(text: str, scope: str, prefix: str = "") -> Pattern | None:
    """The policy compiled; None for one that lets everything through. Raises AwsError; `prefix` is that of AWS's
    messages."""
    if not text:
        return None
    try:
        given = _document(text, prefix)
        _check_negations(given, prefix)
        pattern = compile(text) if given else None
    except PatternError as error:
        raise _refused(error.reason, prefix) from None
    document: Json = orjson.loads(text)
    if pattern is not None:
        _check_limits(document, scope, prefix)
    return pattern


def _document(text: str, prefix: str) -> Json:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            compile(text)
        except PatternError as error:
            raise _refused(f"failed to parse JSON. {error.reason}", prefix) from None
        raise _refused("failed to parse JSON.", prefix) from None
    if not isinstance(document, dict):
        raise _refused("Filter is not an object", prefix)
    return document


def _check_negations(document: Json, prefix: str) -> None:
    """Of the operators inside `anything-but` SNS has two."""
    for expression in _expressions(document):
        negated = expression.get("anything-but")
        for name, operand in negated.items() if isinstance(negated, dict) else ():
            if name not in ("prefix", "wildcard"):
                raise _refused(f"Unsupported anything-but pattern: {name}", prefix)
            if not isinstance(operand, str | list):
                raise _refused(f"{name} match pattern must be a string", prefix)


def _expressions(document: Json) -> Iterator[Json]:
    """All objects inside: operators among them."""
    for value in document.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield inner
                yield from _expressions(inner)


def _refused(reason: str, prefix: str) -> AwsError:
    return invalid(f"{prefix}FilterPolicy: {reason}")


def _check_limits(document: Json, scope: str, prefix: str) -> None:
    if len(document) > MAX_KEYS:
        raise _refused(f"Filter policy can not have more than {MAX_KEYS} keys", prefix)
    if scope == ATTRIBUTES and _nested(document):
        raise invalid(f"{prefix}Filter policy scope MessageAttributes does not support nested filter policy")
    if combinations(document) > MAX_COMBINATIONS:
        raise _refused("Filter policy is too complex", prefix)


def _is_or(name: str, value: Any) -> bool:
    return name == "$or" and isinstance(value, list) and all(isinstance(option, dict) for option in value)


def _nested(document: Json) -> bool:
    return any(
        any(map(_nested, value)) if _is_or(name, value) else isinstance(value, dict) for name, value in document.items()
    )


def combinations(document: Mapping[str, Any], depth: int = 1, before: int = 1) -> int:
    """The product, over all fields, of how many values each has and how deep it lies; `$or` adds its alternatives."""
    total = before
    for name, value in document.items():
        if isinstance(value, dict):
            total = combinations(value, depth + 1, total)
        elif _is_or(name, value):
            total = sum(combinations(option, depth, total) for option in value)
        else:
            total *= len(value) * depth
    return total


# -- what a message shows ------------------------------------------------------------------------------------


def attributes_event(attributes: Json) -> Json:
    """`{"price": 10.5, "store": "example", "interests": ["a", "b"]}`"""
    return {name: _shown(value) for name, value in attributes.items() if "StringValue" in value}


def _shown(attribute: Json) -> Any:
    kind, text = attribute["DataType"], attribute["StringValue"]
    if kind == "String.Array":
        return _array(text)
    return _number(text) if kind.startswith("Number") else text


def _array(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


def body_event(text: str) -> Json | None:
    """None where the body is no JSON object: no policy lets such a message through."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None
