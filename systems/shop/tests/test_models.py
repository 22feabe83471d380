from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from functions.basket.models import NewBasket, NewPurchase
from functions.common.models import Model
from functions.common.problems import field_errors
from functions.ordering.models import CheckoutBasket
from functions.product.models import NewProduct, ProductChange

PURCHASE = {
    "userName": "swn",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": "ada@example.com",
    "address": "12 St James's Square",
    "paymentMethod": 1,
    "cardInfo": "4111 1111 1111 1111",
}
PRODUCT = {"name": "Pen", "price": Decimal("1.50")}
ITEM = {"productId": "p", "quantity": 1, "price": Decimal("1.50")}
ORDER = {
    **PURCHASE,
    "orderId": "v1",
    "orderDate": "2026-11-21T10:00:00.000000Z",
    "totalPrice": Decimal("1.50"),
    "items": [ITEM],
}


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("model", "document", "field"),
    [
        (NewProduct, without(PRODUCT, "name"), "name"),
        (NewProduct, {**PRODUCT, "name": ""}, "name"),
        (NewProduct, {**PRODUCT, "name": "   "}, "name"),
        (NewProduct, {**PRODUCT, "price": Decimal(-1)}, "price"),
        (NewProduct, {**PRODUCT, "price": Decimal("0.001")}, "price"),
        (NewProduct, {**PRODUCT, "price": Decimal("1e400")}, "price"),
        (NewProduct, {**PRODUCT, "price": "cheap"}, "price"),
        (NewProduct, {**PRODUCT, "price": True}, "price"),
        (NewProduct, {**PRODUCT, "id": "a/b"}, "id"),
        (NewProduct, {**PRODUCT, "imageFile": 1}, "imageFile"),
        (NewProduct, [], "body"),
        (NewProduct, None, "body"),
        (ProductChange, {}, "body"),
        (ProductChange, {"price": None}, "body"),
        (ProductChange, {"id": "p"}, "body"),
        (NewBasket, {"userName": "swn"}, "items"),
        (NewBasket, {"userName": "checkout", "items": []}, "userName"),
        (NewBasket, {"userName": "swn", "items": [{**ITEM, "quantity": 0}]}, "items.0.quantity"),
        (NewBasket, {"userName": "swn", "items": [{**ITEM, "quantity": True}]}, "items.0.quantity"),
        (NewBasket, {"userName": "swn", "items": [ITEM, without(ITEM, "price")]}, "items.1.price"),
        (NewBasket, {"userName": "swn", "items": [ITEM] * 101}, "items"),
        (NewPurchase, without(PURCHASE, "userName"), "userName"),
        (NewPurchase, {**PURCHASE, "email": "nobody"}, "email"),
        (NewPurchase, {**PURCHASE, "cardInfo": "secret"}, "cardInfo"),
        (NewPurchase, {**PURCHASE, "paymentMethod": ""}, "paymentMethod"),
        (CheckoutBasket, {"id": "e", "detail": without(ORDER, "orderId")}, "detail.orderId"),
        (CheckoutBasket, {"id": "e", "detail": {**ORDER, "items": []}}, "detail.items"),
    ],
)
def test_the_offending_member_is_named(model: type[Model], document: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    assert field in {error["field"] for error in field_errors(caught.value)}


def test_a_product_keeps_what_was_given() -> None:
    assert NewProduct.model_validate({**PRODUCT, "colour": "red"}).values() == {"name": "Pen", "price": Decimal("1.50")}


def test_a_card_number_ends_at_the_edge() -> None:
    model = NewPurchase.model_validate(PURCHASE)
    assert model.purchase().card_info == "1111"
    assert "4111 1111" not in repr(model)


def test_an_error_does_not_quote_a_card_number() -> None:
    with pytest.raises(ValidationError) as caught:
        NewPurchase.model_validate({**PURCHASE, "cardInfo": "4111 1111 1111 1111 exp 12/27"})
    assert "4111" not in str(caught.value) + str(field_errors(caught.value))


def test_an_event_becomes_an_order_document() -> None:
    event = CheckoutBasket.model_validate({"id": "e", "source": "s", "detail": {**ORDER, "correlationId": "c"}})
    assert event.detail.document() == {**ORDER, "cardInfo": "1111"}
