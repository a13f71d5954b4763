"""On which day a courier comes, and from when to when: chosen among the windows that the shop offers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import cache
from typing import Any

from babel import Locale
from rasa_sdk.executor import CollectingDispatcher

from actions.detail import Detail, Known, Unusable
from actions.forms import NO_OTHER_WISH
from actions.heard import Heard, choice_payload
from actions.shop.backend import DeliveryWindow, Order
from actions.values import Params, clock, day, ident

# what a message that names a day of delivery may be taken for
_REPLIES = {*NO_OTHER_WISH, "delivery_slot", "delivery_failed"}
_BUTTONS = 6
_LOCALES = ("en", "bn", "hi", "es", "fr", "de")
# weekdays as they are romanised: shonibar, robibar; somvar, shukrawar
_ROMANISED = re.compile(r"(?<!\w)[a-z]{2,}(?:baa?r|vaa?r|waa?r)(?:e|er)?(?!\w)")
# no language calls a day that is longer ago by anything but its weekday or its number
_WORDS_REACH = 2
_HOUR = re.compile(r"(?<!\d)(\d{1,2})(?:[:.](\d\d))?\s*(pm|p\.m\.)?", re.IGNORECASE)


class DayDetail(Detail):
    """The day of delivery, as ISO 8601. `question` is the phrase that asks; where days are told that have been, as of a
    missed delivery, `past_is_news`."""

    name = "delivery_day"
    unclear = "delivery_day_unclear"

    def __init__(
        self, windows: Sequence[DeliveryWindow], today: date, question: str, past_is_news: bool = False
    ) -> None:
        self._windows = windows
        self._today = today
        self._question = question
        self._past_is_news = past_is_news

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """By button, by a date, by its place in the row of buttons or its day of the month."""
        days = offered_days(self._windows)
        chosen = heard.choice(self.name)
        if chosen is not None or not (heard.intent in _REPLIES or (asked and heard.brief)):
            return chosen if chosen in [one.isoformat() for one in days] else None
        meant = set(self._meant(heard, asked))
        if len(meant) == 1:
            return self._usable(meant.pop(), days)
        if not meant and asked and heard.text.isascii() and heard.text.isdigit():
            return _by_number(int(heard.text), days)
        return None

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, with buttons for the first days."""
        buttons = [
            {
                "phrase": "delivery_day_button",
                "params": {"day": day(one)},
                "payload": choice_payload(self.name, one.isoformat()),
            }
            for one in offered_days(self._windows)[:_BUTTONS]
        ]
        dispatcher.utter_message(response=f"utter_{self._question}", buttons=buttons, **self.question(order))

    def question(self, order: Order) -> Params:
        """What fills the phrase that asks."""
        return {"number": ident(order.number), "until": day(offered_days(self._windows)[-1])}

    def _meant(self, heard: Heard, asked: bool) -> list[date]:
        """The days that a message names; a weekday is the next one, though it may be read as the last."""
        named = [date.fromisoformat(value) for value in heard.values("date")]
        if self._past_is_news and not asked:
            return [one for one in named if one >= self._today]
        return [
            one + timedelta(days=7) if one < self._today and self._is_weekday(one, heard.text) else one for one in named
        ]

    def _is_weekday(self, named: date, text: str) -> bool:
        ago = (self._today - named).days
        if ago > 7 or re.search(rf"(?<!\d)0?{named.day}(?!\d)", text):
            return False
        return ago > _WORDS_REACH or bool(_weekdays().search(text.casefold()) or _ROMANISED.search(text.casefold()))

    def _usable(self, meant: date, days: Sequence[date]) -> str:
        if meant < self._today:
            raise Unusable("delivery_day_past", day=day(meant))
        if meant not in days:
            raise Unusable("delivery_day_not", day=day(meant), first=day(days[0]), last=day(days[-1]))
        return meant.isoformat()


class WindowDetail(Detail):
    """From when to when, as "09:00-13:00"; where a day has but one window, it is that."""

    name = "delivery_window"
    unclear = "delivery_window_unclear"
    about = (DayDetail.name,)

    def __init__(self, windows: Sequence[DeliveryWindow]) -> None:
        self._windows = windows

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """By button, by its place in the row, or by an hour within it."""
        offered = windows_on(self._windows, known)
        if len(offered) == 1:
            return _name(offered[0])
        chosen = heard.choice(self.name)
        if chosen is not None or not asked:
            return chosen if chosen in [_name(one) for one in offered] else None
        if heard.text.isascii() and heard.text.isdigit() and 0 < int(heard.text) <= len(offered):
            return _name(offered[int(heard.text) - 1])
        hours = [_hour(match) for match in _HOUR.finditer(heard.text)]
        fitting = {_name(one) for one in offered for hour in hours[:1] if one.start.hour <= hour < one.end.hour}
        return fitting.pop() if len(fitting) == 1 else None

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, with a button for each of the day's windows."""
        dispatcher.utter_message(
            response="utter_delivery_window_question",
            day=day(date.fromisoformat(known[DayDetail.name])),
            buttons=[
                {
                    "phrase": "delivery_window_button",
                    "params": {"start": clock(one.start), "end": clock(one.end)},
                    "payload": choice_payload(self.name, _name(one)),
                }
                for one in windows_on(self._windows, known)
            ],
        )


def chosen_window(known: Known) -> DeliveryWindow:
    """The window that a form knows."""
    start, end = known[WindowDetail.name].split("-")
    return DeliveryWindow(date.fromisoformat(known[DayDetail.name]), time.fromisoformat(start), time.fromisoformat(end))


def windows_on(windows: Sequence[DeliveryWindow], known: Known) -> list[DeliveryWindow]:
    """Those of the day that a form knows."""
    return [one for one in windows if one.on.isoformat() == known.get(DayDetail.name)]


def offered_days(windows: Sequence[DeliveryWindow]) -> list[date]:
    """The days on which there is a window."""
    return list(dict.fromkeys(one.on for one in windows))


def _name(window: DeliveryWindow) -> str:
    return f"{window.start.isoformat('minutes')}-{window.end.isoformat('minutes')}"


def _by_number(number: int, days: Sequence[date]) -> str | None:
    if 0 < number <= min(len(days), _BUTTONS):
        return days[number - 1].isoformat()
    return next((one.isoformat() for one in days if one.day == number), None)


def _hour(match: re.Match[str]) -> int:
    hour = int(match[1])
    return hour + 12 if match[3] and hour < 12 else hour


@cache
def _weekdays() -> re.Pattern[str]:
    """The names of the weekdays in every language; short ones, such as "mon", mean other things elsewhere."""
    names = {name.casefold() for code in _LOCALES for name in Locale(code).days["format"]["wide"].values()}
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}" for name in sorted(names, key=len, reverse=True)))
