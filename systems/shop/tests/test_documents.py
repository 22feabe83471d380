import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.basket import Basket, Item
from functions.common.documents import camel, dump, from_json, load, to_json

AMOUNTS = st.decimals(0, Decimal("999999999999.99"), places=2, allow_nan=False)


@given(AMOUNTS)
def test_an_amount_survives_json(amount: Decimal) -> None:
    read = from_json(to_json({"amount": amount}))["amount"]
    assert read == amount
    assert not isinstance(read, float)


@given(AMOUNTS)
def test_a_client_that_reads_floats_sees_the_decimal(amount: Decimal) -> None:
    assert Decimal(str(json.loads(to_json(amount)))) == amount


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "9" * 5000, "[" * 100_000])
def test_what_is_not_json(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)


def test_documents_are_camel_case_without_absent_values() -> None:
    basket = Basket("swn", (Item("p", 2, Decimal("1.50"), product_name="Pen"),), "v1")
    document: dict[str, Any] = {
        "userName": "swn",
        "items": [{"productId": "p", "quantity": 2, "price": Decimal("1.50"), "productName": "Pen"}],
        "version": "v1",
    }
    assert dump(basket) == document
    items = tuple(load(Item, item) for item in document["items"])
    assert load(Basket, {**document, "another": 1}, items=items) == basket


def test_camel() -> None:
    assert [camel(name) for name in ("id", "image_file", "a_b_c")] == ["id", "imageFile", "aBC"]
