"""The Condition element, compiled to closures over a request's context. Pure.

All operators of a statement must hold, and all keys of an operator; of a key's values one must match, and with a
negated operator none may.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from penstock.iam.patterns import ArnPattern, Context, Pattern

Condition = Callable[[Context], bool]
# (value of the request, context) -> does it match this value of the policy?
Match = Callable[[str, Context], bool]


class PolicyError(ValueError):
    """A policy document that says what no policy can say."""


class UnreadableValue(PolicyError):
    """A condition's value that is no date, number or network, as its operator wants."""


def compile_conditions(element: Mapping[str, Any], variables: bool) -> Condition:
    """Raises PolicyError."""
    if not isinstance(element, Mapping) or not all(isinstance(keys, Mapping) for keys in element.values()):
        raise PolicyError("A Condition maps operators to keys to values")
    tests = [
        _condition(name, key.lower(), _texts(values), variables)
        for name, keys in element.items()
        for key, values in keys.items()
    ]
    return lambda context: all(test(context) for test in tests)


def condition_keys(element: Mapping[str, Any]) -> set[str]:
    """The context keys that a Condition element looks at, as they are written."""
    return {key for keys in element.values() for key in keys}


def _texts(values: Any) -> list[str]:
    """Values as policies write them: one or several, JSON's true and 5 as good as "true" and "5"."""
    listed = values if isinstance(values, list) else [values]
    if not all(isinstance(value, str | int | float) for value in listed):
        raise PolicyError("A condition's values are strings, numbers or booleans")
    return ["true" if value is True else "false" if value is False else str(value) for value in listed]


def _condition(name: str, key: str, values: list[str], variables: bool) -> Condition:
    quantifier, _, rest = name.rpartition(":")
    optional = rest.endswith("IfExists") and rest != "IfExists"
    base = rest.removesuffix("IfExists") if optional else rest
    if quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise PolicyError(f"Unknown set operator {quantifier}")
    if base == "Null":
        absent = [value.lower() for value in values] == ["true"]
        return lambda context: (key not in context) is absent
    if base not in _OPERATORS:
        raise PolicyError(f"Unknown condition operator {name}")
    make, negated = _OPERATORS[base]
    matches = [make(value, variables) for value in values]

    def accepts(value: str, context: Context) -> bool:
        return any(match(value, context) for match in matches) is not negated

    return _quantified(quantifier, key, accepts, negated, optional)


def _quantified(quantifier: str, key: str, accepts: Match, negated: bool, optional: bool) -> Condition:
    join = any if quantifier == "ForAnyValue" or (not quantifier and not negated) else all
    # A key that the request does not have: a negated operator holds, ForAllValues holds, all others only IfExists.
    missing = optional or quantifier == "ForAllValues" or (negated and not quantifier)

    def test(context: Context) -> bool:
        values = context.get(key)
        return join(accepts(value, context) for value in values) if values else missing

    return test


# -- operators ---------------------------------------------------------------------------------------

Make = Callable[[str, bool], Match]


def _equals(value: str, variables: bool) -> Match:
    if variables and "${" in value:
        pattern = Pattern(value.replace("*", "${*}").replace("?", "${?}"), variables)
        return pattern.matches
    return lambda asked, context: asked == value


def _equals_folded(value: str, variables: bool) -> Match:
    folded = value.lower()
    return lambda asked, context: asked.lower() == folded


def _like(value: str, variables: bool) -> Match:
    return Pattern(value, variables).matches


def _arn(value: str, variables: bool) -> Match:
    return ArnPattern(value, variables).matches


def _compared(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Make:
    """Both sides read by `read`; a value of the request that cannot be read matches nothing."""

    def make(value: str, variables: bool) -> Match:
        try:
            bound = read(value)
        except ValueError:
            raise UnreadableValue(f"{value} is no value for this condition operator") from None

        def match(asked: str, context: Context) -> bool:
            try:
                return compare(read(asked), bound)
            except ValueError:
                return False

        return match

    return make


def _date(text: str) -> float:
    """Epoch seconds, or ISO 8601 down to a year."""
    try:
        return float(text) if len(text) != 4 else datetime(int(text), 1, 1, tzinfo=UTC).timestamp()
    except ValueError:
        moment = datetime.fromisoformat(text if len(text) > 7 else f"{text}-01")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _inside(asked: Any, network: Any) -> bool:
    return asked.version == network.version and bool(asked.subnet_of(network))


def _comparisons(prefix: str, read: Callable[[str], Any]) -> dict[str, tuple[Make, bool]]:
    return {
        f"{prefix}Equals": (_compared(read, operator.eq), False),
        f"{prefix}NotEquals": (_compared(read, operator.eq), True),
        f"{prefix}LessThan": (_compared(read, operator.lt), False),
        f"{prefix}LessThanEquals": (_compared(read, operator.le), False),
        f"{prefix}GreaterThan": (_compared(read, operator.gt), False),
        f"{prefix}GreaterThanEquals": (_compared(read, operator.ge), False),
    }


# By name: how one value of the policy is compiled, and whether the operator is negated.
_OPERATORS: dict[str, tuple[Make, bool]] = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringEqualsIgnoreCase": (_equals_folded, False),
    "StringNotEqualsIgnoreCase": (_equals_folded, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn, False),
    "ArnLike": (_arn, False),
    "ArnNotEquals": (_arn, True),
    "ArnNotLike": (_arn, True),
    **_comparisons("Numeric", float),
    **_comparisons("Date", _date),
    "Bool": (_equals_folded, False),
    "BinaryEquals": (_compared(_binary, operator.eq), False),
    "IpAddress": (_compared(_network, _inside), False),
    "NotIpAddress": (_compared(_network, _inside), True),
}
