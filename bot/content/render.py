"""Values into words: digits, money, dates and spans of time as each language writes them (Unicode CLDR, by babel)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import babel
from babel import dates, numbers, units

from bot.content.library import Language

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# CLDR parts a currency of letters from the number (UTS 35, currencySpacing); babel does not
_CURRENCY_GAP = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
UNITS = ("minutes", "hours", "days", "weeks", "months", "years")
# The name of a currency's minor unit is never shown, so its number of decimals is all that is needed.
_NATIVE_DIGITS = {"beng": "০১২৩৪৫৬৭৮৯", "deva": "०१२३४५६७८९", "latn": "0123456789"}


def fill(text: str, write: Callable[[str], str | None]) -> str:
    """`text` with each {name} replaced by what `write` gives for it; where that is None it stays as it stands."""

    def replaced(match: re.Match[str]) -> str:
        written = write(match[1])
        return match[0] if written is None else written

    return PLACEHOLDER.sub(replaced, text)


class Formatter:
    """Writes typed values in one language.

    A value is a string (kept), a number, or a mapping with one kind: id (digits kept), money (integer minor units)
    with currency, date, datetime, moment (with its zone), time ("HH:MM"), percent, number, text (one or by language),
    names (by language), language (its name, by its code), or an amount of minutes, hours, days, weeks, months or
    years, where [2, 4] is a span.
    """

    def __init__(self, language: Language, zone: str = "UTC") -> None:
        self.language = language
        self.locale = babel.Locale.parse(language.locale)
        self.zone = ZoneInfo(zone)
        native = _NATIVE_DIGITS.get(self.locale.default_numbering_system, _NATIVE_DIGITS["latn"])
        self._digits = str.maketrans("0123456789", native)

    def text(self, value: Any) -> str:
        """The value as a reader of this language would write it.

        Raises:
            ValueError: a kind that is not known.
        """
        if isinstance(value, str):
            return value
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, Mapping):
            return self._kind(value)
        raise ValueError(f"cannot write a {type(value).__name__}")

    def _kind(self, value: Mapping[str, Any]) -> str:
        if "id" in value:
            return str(value["id"])
        if "money" in value:
            return self._money(value)
        if "date" in value:
            return self._native(dates.format_date(_date(value["date"]), format="long", locale=self.locale))
        if "datetime" in value:
            moment = datetime.fromisoformat(value["datetime"]).astimezone(self.zone)
            day = dates.format_date(moment.date(), format="long", locale=self.locale)
            return self._native(f"{day}, {dates.format_time(moment, format='short', locale=self.locale)}")
        if "moment" in value:
            return self._native(self._moment(datetime.fromisoformat(value["moment"]), ZoneInfo(value["zone"])))
        if "time" in value:
            return self._native(
                dates.format_time(time.fromisoformat(value["time"]), format="short", locale=self.locale)
            )
        if "percent" in value:
            return self._native(self._percent(Decimal(str(value["percent"]))))
        if "number" in value:
            return self._number(value["number"])
        if "language" in value:
            return str(self.locale.languages.get(value["language"], value["language"]))
        for kind in ("text", "names"):
            if kind in value:
                return self._of_language(value[kind])
        for unit in UNITS:
            if unit in value:
                return self._span(value[unit], unit[:-1])
        raise ValueError(f"no known kind among {', '.join(value)}")

    def _moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Day of the week, day, time and whose time it is: who reads it may be anywhere."""
        local = moment.astimezone(zone)
        day = dates.format_skeleton("MMMMEEEEd", local, tzinfo=zone, locale=self.locale)
        time_of_day = dates.format_time(local, format="short", tzinfo=zone, locale=self.locale)
        return f"{day}, {time_of_day} ({dates.get_timezone_name(local, locale=self.locale)})"

    def _number(self, value: float) -> str:
        return self._native(numbers.format_decimal(value, locale=self.locale))

    def _money(self, value: Mapping[str, Any]) -> str:
        amount = value["money"]
        if isinstance(amount, Mapping):  # a fact: major units by currency
            currency = self.language.currency if self.language.currency in amount else next(iter(amount))
            major = Decimal(str(amount[currency]))
        else:
            currency = value["currency"]
            major = Decimal(amount).scaleb(-numbers.get_currency_precision(currency))
        pattern = str(self.locale.currency_formats["standard"].pattern)
        whole = major == major.to_integral_value()
        if whole:
            pattern = pattern.replace(".00", "")
        written = numbers.format_currency(
            major, currency, format=pattern, locale=self.locale, currency_digits=not whole
        )
        return self._native(_CURRENCY_GAP.sub("\u00a0", written))

    def _percent(self, value: Decimal) -> str:
        pattern = str(self.locale.percent_formats[None].pattern)  # where the sign stands, and whether after a space
        pattern = re.sub(r"0(?!.*0)", "0.##", pattern)
        return str(numbers.format_percent(value / 100, format=pattern, locale=self.locale))

    def _span(self, value: Any, unit: str) -> str:
        low, high = value if isinstance(value, list | tuple) else (value, value)
        written = str(units.format_unit(high, f"duration-{unit}", length="long", locale=self.locale))
        if "duration-" in written:  # CLDR lets the long form inherit the short one; babel does not follow that
            written = str(units.format_unit(high, f"duration-{unit}", length="short", locale=self.locale))
        if low != high:
            number = numbers.format_decimal(high, locale=self.locale)
            written = written.replace(number, f"{numbers.format_decimal(low, locale=self.locale)}–{number}", 1)
        return self._native(written)

    def _of_language(self, texts: Any) -> str:
        if isinstance(texts, str):
            return texts
        for code in (self.language.code, self.language.code.split("-")[0], "en"):
            if code in texts:
                return str(texts[code])
        return str(next(iter(texts.values())))

    def _native(self, text: str) -> str:
        return text.translate(self._digits)


def _date(value: str) -> date:
    return date.fromisoformat(value[:10])
