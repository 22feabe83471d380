"""An invoice as PDF: one table, on as many pages as it takes. The same invoice is the same bytes, always."""

from datetime import UTC, datetime
from decimal import Decimal

from fpdf import FPDF
from fpdf.enums import TextEmphasis
from fpdf.fonts import FontFace

from domain.invoice import Invoice

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_HEADINGS = ("Description", "Quantity", "Unit price", "Amount")


def render(invoice: Invoice) -> bytes:
    pdf = FPDF()
    pdf.set_creation_date(_BEGINNING)
    pdf.set_title(f"Invoice {invoice.number}")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(text=f"Invoice {invoice.number}", new_x="LMARGIN", new_y="NEXT", h=12)
    pdf.set_font("Helvetica", size=11)
    pdf.multi_cell(0, text=invoice.customer, new_x="LMARGIN", new_y="NEXT", h=10)
    _table(pdf, invoice)
    return bytes(pdf.output())


def _table(pdf: FPDF, invoice: Invoice) -> None:
    rows = [
        (line.description, f"{line.quantity.normalize():f}", _money(line.unit_price), _money(line.amount))
        for line in invoice.lines
    ]
    layout = {"col_widths": (50, 15, 17, 18), "text_align": ("LEFT", "RIGHT", "RIGHT", "RIGHT")}
    with pdf.table(borders_layout="HORIZONTAL_LINES", **layout) as table:
        for row in (_HEADINGS, *rows):
            table.row(row)
        table.row(("Total", "", "", _money(invoice.total)), style=FontFace(emphasis=TextEmphasis.B))


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
