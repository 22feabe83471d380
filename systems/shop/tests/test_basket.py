from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.basket import Basket, Item, Purchase, claim, replay, total
from domain.errors import EmptyBasket, KeyReused
from domain.money import cents

PRICES = st.decimals(0, 9_999_999, places=2, allow_nan=False)
ITEMS = st.builds(Item, product_id=st.just("p"), quantity=st.integers(1, 999), price=PRICES)
PURCHASE = Purchase(
    user_name="swn",
    first_name="Ada",
    last_name="Lovelace",
    email="ada@example.com",
    address="12 St James's Square",
    payment_method="card",
    card_info="1111",
)
DATE = "2026-11-21T10:00:00.000000Z"


def basket(*items: Item) -> Basket:
    return Basket("swn", items, version="v1")


@given(st.lists(ITEMS, max_size=100))
def test_total_is_exact(items: list[Item]) -> None:
    in_cents = sum(int(item.price * 100) * item.quantity for item in items)
    assert total(items) == Decimal(in_cents) / 100


def test_total_of_a_tenth_and_two_tenths() -> None:
    assert str(total([Item("a", 1, Decimal("0.1")), Item("b", 1, Decimal("0.2"))])) == "0.30"


def test_cents_refuses_to_round() -> None:
    with pytest.raises(ValueError, match="whole number of cents"):
        cents(Decimal("0.001"))


def test_a_claim_fixes_the_order() -> None:
    held = claim(basket(Item("p", 3, Decimal("19.99"))), PURCHASE, "key", DATE)
    assert (held.key, held.order.order_id, held.order.order_date) == ("key", "v1", DATE)
    assert held.order.total_price == Decimal("59.97")
    assert held.order.card_info == "1111"


def test_without_a_key_the_version_stands_for_it() -> None:
    assert claim(basket(Item("p", 1, Decimal(1))), PURCHASE, None, DATE).key == "v1"


def test_an_empty_basket_is_no_order() -> None:
    with pytest.raises(EmptyBasket):
        claim(basket(), PURCHASE, "key", DATE)


def test_replay_answers_the_same_request_only() -> None:
    order = claim(basket(Item("p", 1, Decimal(1))), PURCHASE, "key", DATE).order
    assert replay(order, PURCHASE) is order
    with pytest.raises(KeyReused):
        replay(order, replace(PURCHASE, address="elsewhere"))
