from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common.problems import BadRequest
from functions.common.tables import MAX_LIMIT, pack, page, unpack

KEYS = st.fixed_dictionaries({"userName": st.text(min_size=1), "orderDate": st.text(min_size=1)})


class Table:
    """A Query that answers one item and stops at `last`, and keeps what it was asked."""

    def __init__(self, last: Mapping[str, str]) -> None:
        self.last, self.asked = last, dict[str, Any]()

    def query(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        return {"Items": [pack({"n": 1})], **({"LastEvaluatedKey": pack(self.last)} if self.last else {})}


@given(KEYS)
def test_a_token_brings_back_where_the_page_stopped(key: dict[str, str]) -> None:
    table = Table(key)
    first = page(table.query, {}, list(key))
    page(table.query, {"next": first["next"]}, list(key))
    assert unpack(table.asked["ExclusiveStartKey"]) == key


@given(KEYS)
def test_a_token_cannot_lead_to_another_users_orders(key: dict[str, str]) -> None:
    table = Table(key)
    token = page(table.query, {}, list(key), given={"userName": key["userName"]})["next"]
    page(table.query, {"next": token}, list(key), given={"userName": "somebody else"})
    assert unpack(table.asked["ExclusiveStartKey"])["userName"] == "somebody else"


def test_the_last_page_has_no_token() -> None:
    assert page(Table({}).query, {}, ["id"]) == {"items": [{"n": 1}], "next": None}


@given(st.text(min_size=1))
def test_a_made_up_token_is_a_bad_request(token: str) -> None:
    with pytest.raises(BadRequest) as caught:
        page(Table({}).query, {"next": token}, ["id"])
    assert caught.value.errors[0]["field"] == "next"


@pytest.mark.parametrize("limit", ["0", "-1", "101", "x", "", "1.5", "1e2", "٣", "9" * 5000])
def test_a_limit_out_of_range_is_a_bad_request(limit: str) -> None:
    with pytest.raises(BadRequest) as caught:
        page(Table({}).query, {"limit": limit}, ["id"])
    assert caught.value.errors[0]["field"] == "limit"


@given(st.integers(1, MAX_LIMIT))
def test_a_limit_reaches_the_table(limit: int) -> None:
    table = Table({})
    page(table.query, {"limit": str(limit)}, ["id"])
    assert table.asked["Limit"] == limit
