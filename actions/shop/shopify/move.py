"""Sending an order at Shopify elsewhere in its country."""

from collections.abc import Mapping
from typing import Any

from actions.shop.backend import Address, Order
from actions.shop.changes import ChangeKind, Refusal
from actions.shop.policy import Policy
from actions.shop.shopify import queries
from actions.shop.shopify.changing import payload
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.intents import Intent
from actions.shop.shopify.reading import Read


class Move:
    """To another address, as the policy allows: `city` by language, `country` as its ISO 3166 code."""

    kind = ChangeKind.ADDRESS

    def __init__(self, policy: Policy, address: Address, city: Mapping[str, str], country: str) -> None:
        self._policy = policy
        self._address = address
        self._cities = city
        self._country = country

    @property
    def _city(self) -> str:
        return self._cities.get("en") or next(iter(self._cities.values()))

    def refusal(self, read: Read, intent: Intent | None = None) -> Refusal | None:
        """See `Making`."""
        order = read.order
        refusal = self._policy.changing.address(order)
        if refusal is not None:
            return refusal
        if order.address is None or not self._cities or self._country != order.country:
            return Refusal.NOT_POSSIBLE
        if not self._policy.changing.costs_the_same(order, self._cities) or self._is_there(read):
            return Refusal.NOT_POSSIBLE
        # which of the country's provinces another city is in, nobody has said
        return Refusal.NOT_SUPPORTED if read.province and not self._same_city(order) else None

    def before(self, read: Read) -> Mapping[str, Any]:
        """See `Making`."""
        return _known(read.order.address, read.order.city)

    def done(self, read: Read, intent: Intent) -> bool:
        """See `Making`."""
        return self._is_there(read)

    async def make(self, api: AdminApi, read: Read, intent: Intent) -> None:
        """See `Making`."""
        first, _, last = self._address.recipient.rpartition(" ")
        to = {
            "firstName": first,
            "lastName": last,
            "address1": self._address.street,
            "address2": "",
            "city": self._city,
            "zip": self._address.postcode,
            "countryCode": self._country,
            # what is left out is lost
            "provinceCode": read.province,
            "company": read.company,
            "phone": read.phone,
        }
        said = {name: value for name, value in to.items() if value is not None}
        answer = await api.ask(queries.UPDATE, True, input={"id": read.order.id, "shippingAddress": said})
        payload(answer, "orderUpdate")

    def after(self, read: Read, intent: Intent) -> Mapping[str, Any]:
        """See `Making`."""
        return _known(self._address, self._cities)

    def _is_there(self, read: Read) -> bool:
        there, here = read.order.address, self._address
        return (
            there is not None
            and self._same_city(read.order)
            and read.order.country == self._country
            and _plain(there.recipient, there.street, there.postcode)
            == _plain(here.recipient, here.street, here.postcode)
        )

    def _same_city(self, order: Order) -> bool:
        return _plain(*order.city.values()) == _plain(self._city)


def _plain(*texts: str) -> list[str]:
    """Without what Shopify tidies up."""
    return [" ".join(text.split()).casefold() for text in texts]


def _known(address: Address | None, city: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "recipient": address.recipient if address else None,
        "street": address.street if address else None,
        "postcode": address.postcode if address else None,
        "city": dict(city),
    }
