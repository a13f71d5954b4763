"""The label of a return, to be stuck on the parcel: from whom, to whom, which return, and a code for our scanner."""

from __future__ import annotations

from actions.shop.backend import Order, Return
from actions.values import day, ident, names
from app.documents.sheet import Sheet
from app.documents.speech import Speech


def title(opened: Return, speech: Speech) -> str:
    """What the document is called."""
    return speech.say("label_title", number=ident(opened.number))


def write(order: Order, opened: Return, speech: Speech, latin: Speech, sheet: Sheet) -> None:
    """The whole label. `latin` speaks a language of Latin letters, which couriers everywhere can read."""
    sheet.text(title(opened, speech), size=20, bold=True)
    sheet.text(speech.say("label_how"))
    if opened.label_valid_until:
        sheet.text(speech.say("label_until", date=day(opened.label_valid_until)), bold=True)
    sheet.rule()
    here, everywhere = speech.say("return_address"), latin.say("return_address")
    to = here if here.isascii() or here == everywhere else f"{here}\n\n{everywhere}"
    sheet.side_by_side(f"{speech.say('from')}\n{speech.address(order)}", f"{speech.say('to')}\n{to}")
    sheet.gap(6)
    sheet.code(opened.number)
    sheet.text(opened.number, size=22, bold=True)
    sheet.text(speech.say("label_order", number=ident(order.number)))
    sheet.rule()
    sheet.text(speech.say("label_inside"), bold=True)
    quantities = {item.order_item_id: item.quantity for item in opened.items}
    for item in order.items:
        if item.id in quantities:
            sheet.text(speech.say("label_item", quantity=quantities[item.id], name=names(item.names)))
