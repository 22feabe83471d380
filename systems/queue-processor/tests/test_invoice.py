import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoice import Invoice, Line
from worker import models, pdf

LINE = {"description": "Consulting", "quantity": 2, "unitPrice": "10.50"}
GIVEN = {"invoiceNumber": "I-1", "customer": "Ada Lovelace", "lines": [LINE]}


def test_sums_are_those_of_the_printed_lines() -> None:
    third = Line("a third", Decimal("0.333"), Decimal("0.10"))
    assert third.amount == Decimal("0.03")
    assert Invoice("1", "Ada", (third,) * 3).total == Decimal("0.09")
    assert Line("half a cent goes up", Decimal("0.5"), Decimal("0.01")).amount == Decimal("0.01")


def test_a_message_becomes_an_invoice() -> None:
    invoice = models.read(json.dumps(GIVEN))
    assert invoice == Invoice("I-1", "Ada Lovelace", (Line("Consulting", Decimal(2), Decimal("10.50")),))
    assert invoice.total == Decimal("21.00")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"invoiceNumber": "../secret"}, "invoiceNumber"),
        ({"invoiceNumber": ""}, "invoiceNumber"),
        ({"customer": " "}, "customer"),
        ({"customer": "\u0141ukasz"}, "customer"),
        ({"customer": "two\nlines"}, "customer"),
        ({"lines": []}, "lines"),
        ({"lines": [{**LINE, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "unitPrice": "NaN"}]}, "lines.0.unitPrice"),
        ({"lines": [{**LINE, "unitPrice": "0.001"}]}, "lines.0.unitPrice"),
    ],
)
def test_the_reason_names_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(models.Refused, match=f"^{field}: "):
        models.read(json.dumps({**GIVEN, **change}))


@given(st.text())
def test_any_text_is_read_or_refused(body: str) -> None:
    with pytest.raises(models.Refused):
        models.read(body)


def test_the_same_invoice_is_the_same_bytes() -> None:
    invoice = models.read(json.dumps({**GIVEN, "customer": "M\u00fcller & S\u00f6hne", "lines": [LINE] * 100}))
    rendered = pdf.render(invoice)
    assert rendered == pdf.render(invoice)
    assert rendered.startswith(b"%PDF-")
    assert b"/Count 3" in rendered or b"/Count 4" in rendered
