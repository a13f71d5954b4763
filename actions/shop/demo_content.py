"""What the demo shop is made of, as `data/demo/*.yml` says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from actions.shop.backend import Money, OrderState, PaymentMethod, ReturnState

HOME = "BD"


@dataclass(frozen=True)
class Product:
    """Something for sale, with its price in every currency."""

    sku: str
    names: Mapping[str, str]
    prices: Mapping[str, Money]


@dataclass(frozen=True)
class Carrier:
    """Who carries parcels; a tracking number is `prefix` and `digits` digits."""

    name: Mapping[str, str]
    prefix: str
    digits: int


@dataclass(frozen=True)
class Person:
    """A customer to be."""

    name: str
    email: str
    phone: str | None
    country: str
    language: str


@dataclass(frozen=True)
class Streets:
    """Streets of one country, each with `{number}` for the house, and a postcode for all of them."""

    postcode: str
    streets: Sequence[str]


@dataclass(frozen=True)
class FixedOrder:
    """An order that is always the same. `items` and `returned_items` say how many of which product."""

    email: str
    state: OrderState
    items: Mapping[str, int]
    return_state: ReturnState | None
    returned_items: Mapping[str, int]


@dataclass(frozen=True)
class DemoContent:
    """All of it. Country keys are ISO 3166 codes; everything that is not `HOME` is abroad."""

    products: tuple[Product, ...]
    people: tuple[Person, ...]
    cities: Mapping[str, Sequence[Mapping[str, str]]]
    streets: Mapping[str, Streets]
    carriers_home: tuple[Carrier, ...]
    carriers_abroad: tuple[Carrier, ...]
    currencies: Mapping[str, str]
    methods: Mapping[str, Sequence[PaymentMethod]]
    shipping: Mapping[str, Money]
    seed: int
    first_number: int
    always: tuple[FixedOrder, ...]
    states: Mapping[OrderState, int]
    returns: Mapping[ReturnState, int]

    def carriers(self, country: str) -> tuple[Carrier, ...]:
        """Who carries to this country."""
        return self.carriers_home if country == HOME else self.carriers_abroad


def read_content(folder: Path) -> DemoContent:
    """The content of a folder of demo data. Raises what reading, YAML or a missing key raises."""
    orders = _yaml(folder / "orders.yml")
    carriers = _yaml(folder / "carriers.yml")
    shipping = {**orders["shipping"]["home"], **orders["shipping"]["abroad"]}
    return DemoContent(
        products=tuple(_product(each) for each in _yaml(folder / "catalogue.yml")),
        people=tuple(Person(**each) for each in _yaml(folder / "customers.yml")),
        cities=_yaml(folder / "cities.yml"),
        streets={country: Streets(**each) for country, each in _yaml(folder / "streets.yml").items()},
        carriers_home=tuple(Carrier(**each) for each in carriers["home"]),
        carriers_abroad=tuple(Carrier(**each) for each in carriers["abroad"]),
        currencies=orders["currencies"],
        methods={country: [PaymentMethod(m) for m in methods] for country, methods in orders["methods"].items()},
        shipping={currency: _money(amount, currency) for currency, amount in shipping.items()},
        seed=orders["seed"],
        first_number=orders["first_number"],
        always=tuple(_fixed(each) for each in orders["always"]),
        states={OrderState(state): count for state, count in orders["states"].items()},
        returns={ReturnState(state): count for state, count in orders["returns"].items()},
    )


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _money(amount: float, currency: str) -> Money:
    """An amount written in whole units; every currency of the demo has a hundred minor units."""
    return Money(int(Decimal(str(amount)) * 100), currency)


def _product(entry: dict[str, Any]) -> Product:
    prices = {currency: _money(amount, currency) for currency, amount in entry["prices"].items()}
    return Product(entry["sku"], entry["names"], prices)


def _fixed(entry: dict[str, Any]) -> FixedOrder:
    return FixedOrder(
        email=entry["customer"],
        state=OrderState(entry["state"]),
        items=entry["items"],
        return_state=ReturnState(entry["return"]) if "return" in entry else None,
        returned_items=entry.get("returned_items", {}),
    )
