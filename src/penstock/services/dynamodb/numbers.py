"""DynamoDB's number type: up to 38 significant digits, magnitude 1E-130 to 9.9...E+125, exact.

A number is kept as its canonical text: plain decimal, no exponent, no zeros that mean nothing. Two numbers are equal
where their texts are.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

import re
from decimal import Context, Decimal

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import BadValue, invalid

MAX_DIGITS = 38
MAX_MAGNITUDE = 125
MIN_MAGNITUDE = -130

_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", re.ASCII)
_EXPONENT_LIMIT = 2**63  # beyond it DynamoDB does not read the number at all
_INT = 2**31
_EXACT = Context(prec=300, Emax=999, Emin=-999)

_UNREADABLE = "The parameter cannot be converted to a numeric value"
_OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
_UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
_TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"


def canonical(text: str) -> str:
    """The text DynamoDB gives back: `0042.1200` -> `42.12`, `1e3` -> `1000`, `-0` -> `0`."""
    if text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= MAX_DIGITS:
        return text
    negative, digits, magnitude = _parse(text)
    return _plain(negative, digits, magnitude)


def add(left: str, right: str) -> str:
    return _result(_EXACT.add(Decimal(left), Decimal(right)))


def subtract(left: str, right: str) -> str:
    return _result(_EXACT.subtract(Decimal(left), Decimal(right)))


def size(number: str) -> int:
    """Bytes that a canonical number counts for: one, one per two digits on each side of the point, one for a sign.

    Measured against the 400 KB limit; the developer guide's "approximately" differs where digits straddle the point.
    """
    if number == "0":
        return 1
    whole, _, fraction = number.lstrip("-").partition(".")
    if not fraction:
        whole = whole.rstrip("0")
    elif whole == "0":
        whole, fraction = "", fraction.lstrip("0")
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + (number[0] == "-")


def encode(number: str) -> bytes:
    """Bytes whose order is the order of the numbers.

    A sign (0, 1 or 2), the exponent, then two digits a byte; negative numbers are complemented, and ended by a byte
    greater than any digit, so that -1.5 stands before -1.
    """
    if number == "0":
        return b"\x01"
    negative, digits, magnitude = _split(number)
    if len(digits) % 2:
        digits += "0"
    pairs = bytes(int(digits[i : i + 2]) + 1 for i in range(0, len(digits), 2))
    body = bytes((magnitude - MIN_MAGNITUDE,)) + pairs
    return b"\x00" + bytes(255 - byte for byte in body) + b"\xff" if negative else b"\x02" + body


def _parse(text: str) -> tuple[bool, str, int]:
    """(negative, significant digits, magnitude of the first of them); no digits for zero."""
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise _refused(text, f"{_UNREADABLE}: {text}")
    sign, whole, fraction, written = match.groups()
    exponent = _exponent(text, written)
    digits = whole + (fraction or "")
    significant = digits.lstrip("0")
    magnitude = exponent + len(whole) - 1 - (len(digits) - len(significant)) if significant else exponent
    if magnitude > MAX_MAGNITUDE:
        raise _refused(text, _OVERFLOW)
    if magnitude < MIN_MAGNITUDE:
        raise _refused(text, _UNDERFLOW)
    significant = significant.rstrip("0")
    if len(significant) > MAX_DIGITS:
        raise invalid(_TOO_PRECISE)
    return sign == "-", significant, magnitude


def _exponent(text: str, written: str | None) -> int:
    if written is None:
        return 0
    # Far more digits than the limit has would cost int() more than they are worth.
    if len(written.lstrip("+-0")) > 19 or not -_EXPONENT_LIMIT <= (exponent := int(written)) < _EXPONENT_LIMIT:
        raise _refused(text, f"{_UNREADABLE}: {text}")
    return exponent


def _refused(text: str, message: str) -> AwsError:
    return BadValue(message, _older(text, message))


def _older(text: str, message: str) -> str:
    """As Java's BigDecimal finds it: exponent and scale are 32 bits wide, and their sum with the digits wraps."""
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return message if text else _UNREADABLE
    written, fraction = match[4] or "0", match[3] or ""
    exponent = int(written) if len(written) < 20 else _INT
    scale = len(fraction) - exponent
    if not (-_INT <= exponent < _INT and -_INT <= scale < _INT):
        return f"{_UNREADABLE}: {text}"
    digits = (match[2] + fraction).lstrip("0") or "0"
    magnitude = (len(digits) - scale + _INT) % (2 * _INT) - _INT - 1
    return _OVERFLOW if magnitude > MAX_MAGNITUDE else _UNDERFLOW if magnitude < MIN_MAGNITUDE else message


def _plain(negative: bool, digits: str, magnitude: int) -> str:
    if not digits:
        return "0"
    if magnitude < 0:
        text = "0." + "0" * (-magnitude - 1) + digits
    elif magnitude >= len(digits) - 1:
        text = digits + "0" * (magnitude - len(digits) + 1)
    else:
        text = f"{digits[: magnitude + 1]}.{digits[magnitude + 1 :]}"
    return "-" + text if negative else text


def _split(number: str) -> tuple[bool, str, int]:
    """The parts of a canonical number other than zero."""
    negative = number[0] == "-"
    whole, _, fraction = number[negative:].partition(".")
    if whole != "0":
        return negative, (whole + fraction).rstrip("0"), len(whole) - 1
    digits = fraction.lstrip("0")
    return negative, digits, len(digits) - len(fraction) - 1


def _result(value: Decimal) -> str:
    """Arithmetic reports a result that it cannot hold as an overflow, whichever way it does not fit."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return "0"
    magnitude = len(text) - 1 + exponent
    text = text.rstrip("0")
    if magnitude > MAX_MAGNITUDE or len(text) > MAX_DIGITS:
        raise invalid(_OVERFLOW)
    if magnitude < MIN_MAGNITUDE:
        raise invalid(_UNDERFLOW)
    return _plain(bool(sign), text, magnitude)
