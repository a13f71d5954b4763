"""Sending an order elsewhere in WooCommerce: within its country, and only where it costs the same there.

WooCommerce reckons an order's taxes anew when its address changes. Where the total is another then, the address is put
back, and a person takes over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from actions.shop.backend import Address, Order
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.ledger import Entry, Ledger
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.fields import Raw, ident, record, text
from actions.shop.woocommerce.marks import marked, with_mark, without_mark
from actions.shop.woocommerce.orders import address_of, destination, total_of
from actions.shop.woocommerce.reader import OrderReader

_FIELDS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")
_TOLD = ("address_1", "city", "country")


@dataclass(frozen=True)
class Destination:
    """Where an order is to go: `city` by language, `country` as its ISO 3166 code."""

    address: Address
    city: Mapping[str, str]
    country: str


async def move(reader: OrderReader, ledger: Ledger, order_id: str, to: Destination, doing: Doing) -> Change:
    """Changes the address of an order that nobody else changes through us meanwhile.

    Raises:
        Refused: its state does not allow it, or it would cost something else.
        ShopTrouble: it is not known how it stands; the same message repeated goes on where this one was.
    """
    raw = await reader.raw(order_id)
    if raw is None:
        raise Refused(Refusal.NOT_SUPPORTED)
    entry = await ledger.find(text(raw, "number"), doing)
    if entry is not None and entry.done:
        return entry.change()
    if entry is None:
        order = await _allowed(reader, raw, to)
        # all that it takes to put it back is in there
        before = {**_known(order.address, order.city), "shipping": _fields(raw), "total": order.total.minor}
        entry = await ledger.begin(text(raw, "number"), ChangeKind.ADDRESS, doing, before)
        async with ledger.dropping(entry):
            # only from here on nobody else changes it through us
            raw = await _sent_to(reader, await reader.still(raw), to, entry)
    elif not marked(raw, entry):
        async with ledger.dropping(entry):
            await _allowed(reader, raw, to)
        raw = await _sent_to(reader, raw, to, entry)
    if total_of(raw).minor != entry.before["total"]:
        raw = await _set(reader, raw, entry.before["shipping"], without_mark(raw, entry))
        if total_of(raw).minor != entry.before["total"]:
            raise ShopTrouble("an order's total is another after its address was put back")
        await ledger.drop(entry)
        raise Refused(Refusal.NOT_SUPPORTED)
    return (await ledger.finish(entry, _known(address_of(destination(raw)), to.city))).change()


async def _allowed(reader: OrderReader, raw: Raw, to: Destination) -> Order:
    order, old = await reader.whole(raw), destination(raw)
    policy = reader.reading.policy.changing
    refusal = policy.address(order)
    if refusal is not None:
        raise Refused(refusal)
    if to.country != order.country or not to.city or not policy.costs_the_same(order, to.city):
        raise Refused(Refusal.NOT_POSSIBLE)
    # which of the country's states another city is in, nobody has said
    if text(old, "state", required=False) and not _is_there(old, to):
        raise Refused(Refusal.NOT_SUPPORTED)
    return order


async def _sent_to(reader: OrderReader, raw: Raw, to: Destination, entry: Entry) -> Raw:
    now = await _set(reader, raw, _new(raw, to), with_mark(raw, entry))
    if not marked(now, entry):
        raise ShopTrouble("an order was to go elsewhere, and does not")
    return now


def _new(raw: Raw, to: Destination) -> Mapping[str, str]:
    old = _fields(raw)
    new = {**old, "address_1": to.address.street, "address_2": "", "postcode": to.address.postcode}
    if not _is_there(old, to):
        new["city"] = to.city.get("en") or next(iter(to.city.values()))
    if to.address.recipient != f"{old['first_name']} {old['last_name']}".strip():
        first, _, last = to.address.recipient.rpartition(" ")
        new |= {"first_name": first or last, "last_name": last if first else ""}
    return new


def _is_there(old: Raw, to: Destination) -> bool:
    city = text(old, "city", required=False).casefold()
    return any(city == name.strip().casefold() for name in to.city.values())


def _fields(raw: Raw) -> Mapping[str, str]:
    there = destination(raw)
    return {name: text(there, name, required=False) for name in _FIELDS}


def _known(address: Address | None, city: Mapping[str, str]) -> Mapping[str, object]:
    """As every shop's audit has it."""
    found = asdict(address) if address else dict.fromkeys(("recipient", "street", "postcode"))
    return {**found, "city": dict(city)}


async def _set(reader: OrderReader, raw: Raw, address: Mapping[str, str], meta: Sequence[Mapping[str, str]]) -> Raw:
    body = {"shipping": address, "meta_data": meta}
    now = record(await reader.client.put(f"wc/v3/orders/{ident(raw)}", body), "order")
    there = _fields(now)
    # WordPress tidies up what it is given
    if ident(now) != ident(raw) or any(there[name].split() != address[name].split() for name in _TOLD):
        raise ShopTrouble("an order's address was to be another, and is not")
    return now
