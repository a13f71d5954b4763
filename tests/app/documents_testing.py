"""Orders of the demo shop to print, and printed pages to read: their text, and what a scanner makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pypdfium2
import zxingcpp
from running import missing

from actions.post import Document, DocumentKind
from actions.shop.backend import Order
from actions.shop.demo_chance import Chance
from actions.shop.demo_content import read_content
from actions.shop.demo_orders import make_customers, make_orders
from app.documents.fonts import Fonts

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
PAID, UNPAID = "10002", "10006"
LETTERS = {"bn": "[\u0980-\u09ff]", "hi": "[\u0900-\u097f]"}


@cache
def orders() -> dict[str, Order]:
    """The demo's orders by number."""
    content = read_content(ROOT / "data" / "demo")
    chance = Chance(content.seed)
    customers = make_customers(content, NOW, chance)
    return {order.number: order for order in make_orders(content, customers, NOW, chance)}


def invoice(number: str = PAID) -> Document:
    return Document(DocumentKind.INVOICE, orders()[number])


def label(number: str = PAID) -> Document:
    order = orders()[number]
    return Document(DocumentKind.RETURN_LABEL, order, order.returns[0])


def read(content: bytes) -> str:
    """All the text of a PDF, its spaces made plain and its letters as they are typed."""
    pdf = pypdfium2.PdfDocument(content)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in pdf).split())
    finally:
        pdf.close()


def pages(content: bytes) -> int:
    return len(pypdfium2.PdfDocument(content))


def scanned(content: bytes, dots_per_inch: int = 100) -> list[tuple[str, str]]:
    """The codes on the first page as a scanner reads them: their kinds and texts."""
    picture = pypdfium2.PdfDocument(content)[0].render(scale=dots_per_inch / 72).to_pil()
    return [(one.format.name, one.text) for one in zxingcpp.read_barcodes(picture)]


def needs_fonts(language: str) -> None:
    """Skips the test where the system has no font for the language; in CI it fails."""
    if not Fonts().can_print(language):
        missing(f"no font for {language}: Debian's fonts-noto-core has one")
