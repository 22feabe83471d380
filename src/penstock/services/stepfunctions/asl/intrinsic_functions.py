"""The intrinsic functions `States.*`: a table of pure functions; a wrong argument raises ValueError.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import base64
import binascii
import hashlib
import random
import re
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

MAX_ENCODED = 10_000
MAX_RANGE = 1_000
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_INT32 = 2**31


class Function(NamedTuple):
    apply: Callable[..., Any]
    least: int
    most: int


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a string, but got {_json(value)}")
    return value


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"expected an array, but got {_json(value)}")
    return value


def _integer(value: Any) -> int:
    """Fractions are rounded to the nearest integer, as AWS does."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"expected an integer, but got {_json(value)}")
    return int(value + (0.5 if value > 0 else -0.5)) if isinstance(value, float) else value


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def format_(template: Any, *values: Any) -> str:
    """`{}` stands for the next argument; `\\{`, `\\}` and `\\\\` for themselves."""
    pieces = re.split(r"(\\.|\{\})", _text(template))
    if pieces.count("{}") != len(values):
        raise ValueError(f"expected {pieces.count('{}')} arguments, but got {len(values)}")
    rest = iter(values)
    return "".join(
        _shown(next(rest)) if piece == "{}" else piece[1:] if piece[:1] == "\\" and len(piece) == 2 else piece
        for piece in pieces
    )


def string_to_json(text: Any) -> Any:
    if _text(text) == "":
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the string is not valid JSON: {error}") from None


def array_partition(array: Any, size: Any) -> list[Any]:
    items, length = _array(array), _integer(size)
    if length <= 0:
        raise ValueError(f"the chunk size must be a positive integer, but was {length}")
    return [items[start : start + length] for start in range(0, len(items), length)]


def array_range(first: Any, last: Any, step: Any) -> list[int]:
    start, end, by = _integer(first), _integer(last), _integer(step)
    if by == 0:
        raise ValueError("the increment must not be 0")
    found = range(start, end + (1 if by > 0 else -1), by)
    if len(found) > MAX_RANGE:
        raise ValueError(f"the array must not hold more than {MAX_RANGE} items")
    return list(found)


def array_get_item(array: Any, index: Any) -> Any:
    items, at = _array(array), _integer(index)
    if not 0 <= at < len(items):
        raise ValueError(f"the index {at} is out of bounds for an array of {len(items)} items")
    return items[at]


def array_unique(array: Any) -> list[Any]:
    return list({orjson.dumps(item, option=orjson.OPT_SORT_KEYS): item for item in reversed(_array(array))}.values())[
        ::-1
    ]


def base64_encode(text: Any) -> str:
    if len(_text(text)) > MAX_ENCODED:
        raise ValueError(f"the input must not be longer than {MAX_ENCODED} characters")
    return base64.b64encode(text.encode()).decode()


def base64_decode(text: Any) -> str:
    if len(_text(text)) > MAX_ENCODED:
        raise ValueError(f"the input must not be longer than {MAX_ENCODED} characters")
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("the input is not valid Base64") from None


def hash_(data: Any, algorithm: Any) -> str:
    if _text(algorithm) not in _ALGORITHMS:
        raise ValueError(f"the algorithm {algorithm} is not one of {', '.join(_ALGORITHMS)}")
    if len(_shown(data)) > MAX_ENCODED:
        raise ValueError(f"the input must not be longer than {MAX_ENCODED} characters")
    return hashlib.new(_ALGORITHMS[algorithm], _shown(data).encode(), usedforsecurity=False).hexdigest()


def json_merge(first: Any, second: Any, deep: Any) -> Any:
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise ValueError("expected two JSON objects")
    if deep is not False:
        raise ValueError("only shallow merging is supported: the third argument must be false")
    return {**first, **second}


def math_random(start: Any, end: Any, seed: Any = None) -> int:
    low, high = _integer(start), _integer(end)
    if low >= high:
        raise ValueError("the start of the range must be lower than its end")
    source = random.Random(_integer(seed)) if seed is not None else random
    return source.randrange(low, high)


def math_add(first: Any, second: Any) -> int:
    left, right = _integer(first), _integer(second)
    if not all(-_INT32 <= value < _INT32 for value in (left, right)):
        raise ValueError("the numbers must be in the range -2147483648 to 2147483647")
    return left + right


def string_split(text: Any, separators: Any) -> list[str]:
    """Every character of `separators` splits; empty pieces are dropped."""
    if not _text(separators):
        return [_text(text)]
    return [piece for piece in re.split(f"[{re.escape(separators)}]", _text(text)) if piece]


FUNCTIONS: dict[str, Function] = {
    "States.Format": Function(format_, 1, 10_000),
    "States.StringToJson": Function(string_to_json, 1, 1),
    "States.JsonToString": Function(_json, 1, 1),
    "States.Array": Function(lambda *items: list(items), 0, 10_000),
    "States.ArrayPartition": Function(array_partition, 2, 2),
    "States.ArrayContains": Function(lambda array, item: any(_same(item, one) for one in _array(array)), 2, 2),
    "States.ArrayRange": Function(array_range, 3, 3),
    "States.ArrayGetItem": Function(array_get_item, 2, 2),
    "States.ArrayLength": Function(lambda array: len(_array(array)), 1, 1),
    "States.ArrayUnique": Function(array_unique, 1, 1),
    "States.Base64Encode": Function(base64_encode, 1, 1),
    "States.Base64Decode": Function(base64_decode, 1, 1),
    "States.Hash": Function(hash_, 2, 2),
    "States.JsonMerge": Function(json_merge, 3, 3),
    "States.MathRandom": Function(math_random, 2, 3),
    "States.MathAdd": Function(math_add, 2, 2),
    "States.StringSplit": Function(string_split, 2, 2),
    "States.UUID": Function(lambda: str(uuid.uuid4()), 0, 0),
}


def _same(left: Any, right: Any) -> bool:
    """Python takes True for 1; JSON does not."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
