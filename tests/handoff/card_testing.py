"""Payment card numbers as people type them."""

from __future__ import annotations

import random
import re
import unicodedata

SCRIPTS = ["0123456789", "০১২৩৪৫৬৭৮৯", "०१२३४५६७८९", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"]
# issuer prefix and length: Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay, RuPay, Maestro, Mir
ISSUERS = [
    ("4", 13),
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("36", 14),
    ("3528", 16),
    ("6011", 16),
    ("65", 16),
    ("62", 16),
    ("62", 18),
    ("82", 16),
    ("508", 16),
    ("6759", 17),
    ("2200", 16),
]
SEPARATORS = [" ", "-", "–", "\u00a0", ".", " - ", "\u2009", "\u3000", "\u200b", "\u00ad", "−"]
AROUND = [
    ("", ""),
    ("my card is ", "."),
    ("কার্ড নম্বর: ", " টাকা কেটেছে"),
    ("(", ")"),
    ("", ", order 10001"),
    ("order 10001, card:", "\nthanks"),
    ("_", "_"),
    ("card", ""),
    ("visa", "!"),
    ("নম্বর", " থেকে"),
    ("**", "**"),
]


def luhn_digit(body: str) -> str:
    """The check digit by the standard's own words: double every second digit from the right, sum up."""
    total = 0
    for place, character in enumerate(reversed(body)):
        digit = int(character) * (2 if place % 2 == 0 else 1)
        total += sum(divmod(digit, 10))
    return str(-total % 10)


def card(chance: random.Random) -> str:
    prefix, length = chance.choice(ISSUERS)
    body = prefix + "".join(chance.choice("0123456789") for _ in range(length - len(prefix) - 1))
    return body + luhn_digit(body)


def written(chance: random.Random, number: str) -> str:
    """As people write it: in one, in fours, as American Express prints it, or cut anywhere."""
    kind = chance.randrange(4)
    if kind == 0:
        groups = [number]
    elif kind == 1:
        groups = re.findall("..?.?.?", number)
    elif kind == 2:
        groups = [number[:4], number[4:10], number[10:]]
    else:
        cuts = sorted(chance.sample(range(1, len(number)), chance.randint(1, 5)))
        groups = [number[a:b] for a, b in zip([0, *cuts], [*cuts, len(number)], strict=True)]
    return chance.choice(SEPARATORS).join(groups).translate(str.maketrans(SCRIPTS[0], chance.choice(SCRIPTS)))


def plain_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(one)) for one in text if one.isdigit())


CODES = ["cvv {}", "CVC: {}", "my CVV is {}", "security code {}", "সিভিভি {}", "সিভিভি নম্বর {}", "सीवीवी है {}"]


class Deck:
    """Card numbers in every form, with their codes, and references that fail the Luhn check among them."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.cards: list[str] = []
        self.references: list[str] = []

    def card(self) -> str:
        """A new number, bare."""
        self.cards.append(card(self._chance))
        return self.cards[-1]

    def text(self, count: int) -> str:
        """`count` new numbers in running text, and a reference."""
        return "; ".join([*(self._told() for _ in range(count)), f"reference {self._reference()}"])

    def _told(self) -> str:
        before, after = self._chance.choice(AROUND)
        digits = self._chance.choice(SCRIPTS[:3])
        code = str(self._chance.randrange(100, 10_000)).translate(str.maketrans(SCRIPTS[0], digits))
        return f"{before}{written(self._chance, self.card())}{after}, {self._chance.choice(CODES).format(code)}"

    def _reference(self) -> str:
        number = card(self._chance)
        self.references.append(number[:-1] + str((int(number[-1]) + 3) % 10))
        return self.references[-1]
