import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.card import last_four

DIGITS = st.text("0123456789", min_size=4, max_size=19)


@given(DIGITS, st.sampled_from(["", " ", "-"]), st.integers(1, 8))
def test_keeps_the_last_four_digits_and_nothing_else(digits: str, separator: str, group: int) -> None:
    written = separator.join(digits[start : start + group] for start in range(0, len(digits), group))
    assert last_four(written) == digits[-4:]


def test_takes_a_number_as_it_stands_in_json() -> None:
    assert last_four(5554443322) == "3322"


def test_takes_its_own_answer() -> None:
    assert last_four(last_four("4111 1111 1111 1111")) == "1111"


@pytest.mark.parametrize("card", ["", "123", "4111x1111", "4" * 20, "4111  1111", "１２３４", True, -1234])
def test_refuses_what_is_not_a_card_number(card: str | int) -> None:
    with pytest.raises(ValueError, match="must be a card number"):
        last_four(card)


@given(st.text(max_size=30))
def test_an_error_never_quotes_the_input(text: str) -> None:
    try:
        last_four(text)
    except ValueError as error:
        assert str(error) == "must be a card number of 4 to 19 digits"
