"""Metric math: arithmetic, comparisons and the functions that alarms are made with. Pure.

What it has not, it refuses: SEARCH, anomaly detection, Metrics Insights.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from penstock.base.errors import AwsError

Series = dict[float, float]  # value by timestamp
Value = Any  # a series, a number, or a list of series
Number = Callable[..., float]

_MOST_STAMPS = 100_800  # data points of an answer
_SPELLED = {"&&": " and ", "||": " or ", "AND": " and ", "OR": " or ", "^": "**"}
_SPELLING = re.compile(r"&&|\|\||\^|\bAND\b|\bOR\b")


def _divided(left: float, right: float) -> float:
    """What is divided by zero is left out."""
    return left / right if right else math.nan


_OPERATORS: dict[type, Number] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.And: lambda left, right: float(bool(left) and bool(right)),
    ast.Or: lambda left, right: float(bool(left) or bool(right)),
}
# Of one series, or of several point by point.
_ELEMENTWISE: dict[str, Number] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}
_AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


def evaluate(
    expression: str, series: Mapping[str, Series], period: float = 60.0, stamps: Sequence[float] = ()
) -> Series:
    """The expression at every timestamp that its series have; `stamps` are all that there may be, for FILL.

    Raises ValidationError.
    """
    try:
        text = _SPELLING.sub(lambda found: _SPELLED[found[0]], expression.strip())
        found = _Math(series, period, stamps).value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, TypeError, LookupError):
        found = None
    if not isinstance(found, dict):
        message = f"Penstock evaluates arithmetic of metrics and common functions only, not {expression!r}."
        raise AwsError("ValidationError", message, status=400)
    return found


class _Math:
    def __init__(self, series: Mapping[str, Series], period: float, stamps: Sequence[float]) -> None:
        self._series, self._period, self._stamps = series, period, stamps

    def value(self, node: ast.expr) -> Any:
        """Raises ValueError for what is no metric math that is known here."""
        evaluate = getattr(self, f"_{type(node).__name__.lower()}", None)
        if evaluate is None:
            raise ValueError(ast.dump(node))
        return evaluate(node)

    def _constant(self, node: ast.Constant) -> float | str:
        if isinstance(node.value, int | float):
            return float(node.value)
        raise ValueError(node.value)

    def _name(self, node: ast.Name) -> Series:
        if node.id not in self._series:
            raise ValueError(node.id)
        return self._series[node.id]

    def _list(self, node: ast.List) -> list[Series]:
        return [self.value(each) for each in node.elts]

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        if not isinstance(node.op, ast.USub):
            raise ValueError(ast.dump(node))
        return _pointwise(operator.neg, self.value(node.operand))

    def _binop(self, node: ast.BinOp) -> Value:
        return _pointwise(_OPERATORS[type(node.op)], self.value(node.left), self.value(node.right))

    def _compare(self, node: ast.Compare) -> Value:
        [op], [right] = node.ops, node.comparators
        return _pointwise(_OPERATORS[type(op)], self.value(node.left), self.value(right))

    def _boolop(self, node: ast.BoolOp) -> Value:
        result, *others = [self.value(each) for each in node.values]
        for other in others:
            result = _pointwise(_OPERATORS[type(node.op)], result, other)
        return result

    # -- functions -----------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "METRICS":
            return self._metrics(*node.args)
        if name == "FILL":
            return self._fill(*node.args)
        values = [self.value(argument) for argument in node.args]
        if name in _ELEMENTWISE:
            return _pointwise(_ELEMENTWISE[name], *values)
        if name in _AGGREGATES:
            return _aggregated(_AGGREGATES[name], *values)
        if name == "IF":
            return _chosen(*values)
        return self._over_time(name, *values)

    def _metrics(self, *pattern: ast.expr) -> list[Series]:
        [part] = [node.value for node in pattern if isinstance(node, ast.Constant)] or [""]
        return [series for id, series in self._series.items() if str(part) in id]

    def _over_time(self, name: str, series: Series) -> Value:
        if name == "PERIOD":
            return self._period
        if name not in ("DIFF", "RATE"):
            raise ValueError(name)
        ordered = sorted(series.items())
        steps = [(at, value - before, at - then) for (then, before), (at, value) in pairwise(ordered)]
        return {at: change / span if name == "RATE" else change for at, change, span in steps}

    def _fill(self, of: ast.expr, with_: ast.expr) -> Series:
        """`FILL(m1, 0)` or `FILL(m1, REPEAT)`, at every timestamp that there may be."""
        series, filled = self.value(of), {}
        if len(self._stamps) > _MOST_STAMPS:
            raise ValueError(f"{len(self._stamps)} timestamps are to be filled")
        repeated = isinstance(with_, ast.Name) and with_.id == "REPEAT"
        last = None if repeated else self.value(with_)
        for at in sorted({*self._stamps, *series}):
            value = series.get(at, last)
            if value is not None:
                filled[at] = value
            last = value if repeated else last
        return filled


def _pointwise(apply: Number, *values: Value) -> Value:
    """A number stands for a series that has it everywhere; a list is taken series by series."""
    if any(isinstance(value, list) for value in values):
        [many] = [value for value in values if isinstance(value, list)]
        return [_pointwise(apply, *(one if value is many else value for value in values)) for one in many]
    stamps = [value.keys() for value in values if isinstance(value, dict)]
    if not stamps:
        return float(apply(*values))
    result = {
        at: float(apply(*(value[at] if isinstance(value, dict) else value for value in values)))
        for at in set(stamps[0]).intersection(*stamps)
    }
    return {at: value for at, value in result.items() if math.isfinite(value)}


def _aggregated(aggregate: Callable[[list[float]], float], *values: Value) -> Value:
    """Of a list, or of several arguments: one series. Of one series: a number."""
    [first, *others] = values
    if isinstance(first, dict) and not others:
        return float(aggregate(list(first.values()))) if first else 0.0
    many = first if isinstance(first, list) else list(values)
    stamps = set().union(*(each.keys() for each in many if isinstance(each, dict)))
    numbers = [each for each in many if not isinstance(each, dict)]
    return {
        at: float(aggregate([*numbers, *(s[at] for s in many if isinstance(s, dict) and at in s)])) for at in stamps
    }


def _chosen(condition: Value, then: Value, otherwise: Value = math.nan) -> Value:
    """IF, point by point; a point without a value on the side that is chosen is left out."""

    def side(value: Value, at: float) -> float:
        return float(value.get(at, math.nan) if isinstance(value, dict) else value)

    if not isinstance(condition, dict):
        return then if condition else otherwise
    found = {at: side(then if true else otherwise, at) for at, true in condition.items()}
    return {at: value for at, value in found.items() if math.isfinite(value)}
