"""Metric math, as far as arithmetic goes: `(m1 + m2) / 2 * 100`. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
from collections.abc import Callable, Mapping

from penstock.base.errors import AwsError

Series = dict[float, float]  # value by timestamp

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def evaluate(expression: str, series: Mapping[str, Series]) -> Series:
    """The expression at every timestamp that all its series have. Raises ValidationError."""
    try:
        tree = ast.parse(expression.strip().replace("^", "**"), mode="eval").body
        found = _value(tree, series)
    except (SyntaxError, ValueError, ArithmeticError):
        found = None
    if not isinstance(found, dict):
        message = f"Penstock evaluates arithmetic of metrics only; it cannot evaluate {expression!r}."
        raise AwsError("ValidationError", message, status=400)
    return found


def _value(node: ast.expr, series: Mapping[str, Series]) -> Series | float:
    """Raises ValueError for what is no arithmetic."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in series:
        return series[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _combined(operator.mul, -1.0, _value(node.operand, series))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _combined(_OPERATORS[type(node.op)], _value(node.left, series), _value(node.right, series))
    raise ValueError(ast.dump(node))


def _combined(apply: Callable[[float, float], float], left: Series | float, right: Series | float) -> Series | float:
    """Point by point; a number stands for a series that has it everywhere. What is divided by zero is left out."""
    stamps = [side.keys() for side in (left, right) if isinstance(side, dict)]
    if not stamps:
        return apply(*(side for side in (left, right) if not isinstance(side, dict)))
    result: Series = {}
    for at in set(stamps[0]).intersection(*stamps):
        one, other = (side[at] if isinstance(side, dict) else side for side in (left, right))
        try:
            result[at] = apply(one, other)
        except ZeroDivisionError:
            continue
    return result
