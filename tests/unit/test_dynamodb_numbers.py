"""DynamoDB's numbers: canonical text, order-preserving bytes, exact arithmetic, sizes as AWS measures them."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.dynamodb import numbers

digits = st.integers(-(10**38) + 1, 10**38 - 1)


@st.composite
def numerals(draw: st.DrawFn) -> str:
    """Texts of numbers that DynamoDB can hold, written in any of the ways it reads."""
    mantissa = draw(digits)
    length = len(str(abs(mantissa)))
    exponent = draw(st.integers(-130, 125 - length + 1)) if mantissa else draw(st.integers(-130, 125))
    return draw(st.sampled_from([f"{mantissa}e{exponent}", f"{mantissa}E{exponent:+d}"]))


@given(numerals())
def test_canonical_text_is_the_same_number_in_plain_decimal(text: str) -> None:
    with localcontext(prec=400):
        canonical = numbers.canonical(text)
        assert Decimal(canonical) == Decimal(text)
    assert "e" not in canonical.lower()
    assert numbers.canonical(canonical) == canonical


@given(numerals(), numerals())
def test_bytes_are_ordered_as_numbers_are(one: str, other: str) -> None:
    left, right = numbers.canonical(one), numbers.canonical(other)
    with localcontext(prec=400):
        order = (Decimal(left) > Decimal(right)) - (Decimal(left) < Decimal(right))
    encoded = numbers.encode(left), numbers.encode(right)
    assert (encoded[0] > encoded[1]) - (encoded[0] < encoded[1]) == order


@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30), st.integers(-60, 60))
def test_sums_are_exact(one: int, other: int, exponent: int) -> None:
    left, right = numbers.canonical(f"{one}e{exponent}"), numbers.canonical(f"{other}e{exponent}")
    with localcontext(prec=400):
        assert Decimal(numbers.add(left, right)) == Decimal(left) + Decimal(right)
        assert Decimal(numbers.subtract(left, right)) == Decimal(left) - Decimal(right)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0042.1200", "42.12"),
        ("-0", "0"),
        ("+3", "3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("-17.4E37", "-174" + "0" * 36),
        ("1E125", "1" + "0" * 125),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("0e125", "0"),
    ],
)
def test_canonical_text(written: str, kept: str) -> None:
    assert numbers.canonical(written) == kept


OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
UNREADABLE = "The parameter cannot be converted to a numeric value: "


@pytest.mark.parametrize(
    ("written", "message"),
    [
        *((text, UNREADABLE + text) for text in ("", "abc", "NaN", "Infinity", " 1", "1 ", "1.2.3", "0x10", "1e", "-")),
        ("1e9223372036854775808", UNREADABLE + "1e9223372036854775808"),
        ("1e126", OVERFLOW),
        ("-11e125", OVERFLOW),
        ("1e99999999999", OVERFLOW),
        ("0e126", OVERFLOW),
        ("1e-131", UNDERFLOW),
        ("0.9e-130", UNDERFLOW),
        ("1e-99999999999", UNDERFLOW),
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("3.14159265358979323846264338327950288419", "Attempting to store more than 38 significant digits in a Number"),
    ],
)
def test_what_cannot_be_stored_is_refused(written: str, message: str) -> None:
    with pytest.raises(AwsError) as refused:
        numbers.canonical(written)
    assert (refused.value.code, refused.value.message) == ("ValidationException", message)


def test_a_sum_that_does_not_fit_is_an_overflow() -> None:
    for left, right in (("9" + "0" * 125, "9" + "0" * 125), ("1" + "0" * 50, "1")):
        with pytest.raises(AwsError, match="Number overflow"):
            numbers.add(left, right)


# Measured on AWS against the item size limit, byte by byte.
MEASURED = {
    "0": 1, "1": 2, "12": 2, "123": 3, "1234": 3, "12345678901234567890123456789012345678": 20, "0042": 2, "100": 2,
    "1010": 3, "0.0000001": 2, "1E125": 2, "1E-100": 2, "1.5": 3, "15": 2, "1.2": 3, "1.200": 3, "1.234": 4,
    "3.14159": 5, "123456": 4, "100.5": 4, "0.15": 2, "-42": 3, "-0": 1,
}  # fmt: skip


@pytest.mark.parametrize(("written", "size"), MEASURED.items())
def test_sizes(written: str, size: int) -> None:
    assert numbers.size(numbers.canonical(written)) == size
