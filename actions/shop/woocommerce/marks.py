"""What we leave on an order: a mark in its meta data for each change, set in the same request that makes the change.

WooCommerce has no keys for idempotency. A mark says, whatever happened to the answer, that the change was made.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from actions.shop.changes import ChangeKind
from actions.shop.ledger import Entry
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.fields import Raw, records, text

# WooCommerce shows no meta data that begins with an underscore to anybody who looks at an order
META = "_shohay_changes"


@dataclass(frozen=True)
class Mark:
    """One change: the customer's message that asked for it, and what it is called."""

    key: str
    kind: str
    reference: str

    @property
    def cancels(self) -> bool:
        return self.kind == ChangeKind.CANCEL


def marks(raw: Raw) -> Sequence[Mark]:
    """The marks on an order, oldest first.

    Raises:
        ShopTrouble: somebody has made something else of them.
    """
    for meta in records(raw.get("meta_data"), "meta_data"):
        if meta.get("key") == META:
            try:
                found = json.loads(text(meta, "value"))
            except (ValueError, RecursionError) as error:
                raise ShopTrouble(f"an order's {META} cannot be read") from error
            return [Mark(text(one, "key"), text(one, "kind"), text(one, "reference")) for one in records(found, META)]
    return []


def marked(raw: Raw, entry: Entry) -> bool:
    """Whether this change was made."""
    return any(mark.key == entry.key for mark in marks(raw))


def with_mark(raw: Raw, entry: Entry) -> Sequence[Mapping[str, str]]:
    """The meta data to send along with the change itself."""
    return _meta([*marks(raw), Mark(entry.key, entry.kind.value, entry.reference)])


def without_mark(raw: Raw, entry: Entry) -> Sequence[Mapping[str, str]]:
    """The meta data to send when the change is taken back."""
    return _meta([mark for mark in marks(raw) if mark.key != entry.key])


def _meta(listed: Sequence[Mark]) -> Sequence[Mapping[str, str]]:
    # as one text: what plugins do to lists is their own affair
    return [{"key": META, "value": json.dumps([asdict(mark) for mark in listed])}]
