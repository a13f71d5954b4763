"""The words that a date is written with, by language: CLDR's names, what dateparser reads, and what people type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import islice
from typing import ClassVar, Literal

from babel.dates import get_day_names, get_month_names

LOCALES = ("en", "bn", "hi", "es", "fr", "de")
TYPINGS = ("bn-Latn", "hi-Latn")
# dateparser's own keys of the relative words that mean a day
_DAYS = ("0 day ago", "1 day ago", "in 1 day", "2 day ago", "in 2 day")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# CLDR's short month names that are everyday words
_NO_MONTHS = {"আগ", "এপ্রি"}
# and its short names of days: Spanish "mar" is the sea
_NO_WEEKDAYS = {"mar"}
_NUMBER = r"(\d++[.,]?\d*+)"  # as dateparser writes it in its patterns

_ALSO_MONTHS = {
    "en": "sept/september",
    "de": "mrz/march maerz/march marz/march jaenner/january jänner/january",
    "fr": "fevrier/february fevr/february aout/august decembre/december dec/december",
    "es": "setiembre/september set/september sep/september dic/december",
    "bn": "জানুয়ারি/january ফেব্রুয়ারি/february অগাস্ট/august অগস্ট/august সেপ্টেম্বার/september",
    "hi": "फरवरी/february सितम्बर/september नवम्बर/november दिसम्बर/december अक्तूबर/october",
    "bn-Latn": (
        "januari/january januyari/january februari/february februyari/february april/april epril/april agost/august "
        "septembor/september oktobor/october octobor/october nobhembor/november novembor/november disembor/december "
        "decembor/december"
    ),
    "hi-Latn": (
        "janvari/january janwari/january farvari/february farwari/february febrari/february aprail/april julai/july "
        "agast/august sitambar/september sitamber/september aktubar/october oktobar/october navambar/november "
        "november/november disambar/december disamber/december"
    ),
}

# "kal" is yesterday and tomorrow, and "parso" two days off either way: to a shop people speak of what has happened
_ALSO_RELATIVE = {
    "en": {
        "today": "2day tonight",
        "tomorrow": "tmrw tmr tmrow tomorow tommorow tommorrow tomoro 2moro 2morrow",
        "yesterday": "yday yest ystrday yestarday yesturday last_night",
        "2 days ago": "day_before_yesterday the_day_before_yesterday",
        "in 2 days": "day_after_tomorrow the_day_after_tomorrow",
    },
    "bn": {
        "today": "আজ আজকে আজকের আজই",
        "yesterday": "কাল কালকে কালকের গতকাল গতকালের গতকালকে গতকালকের গত_কাল গতরাতে",
        "tomorrow": "আগামীকাল আগামীকালের আগামীকালকে আগামী_কাল আগামিকাল",
        "2 days ago": "পরশু পরশুদিন পরশুর গত_পরশু গতপরশু",
        "in 2 days": "আগামী_পরশু",
    },
    "hi": {
        "today": "आज",
        "yesterday": "कल बीते_कल बीता_कल गुज़रे_कल",
        "tomorrow": "आने_वाले_कल आने_वाला_कल",
        "2 days ago": "परसों परसो",
    },
    "bn-Latn": {
        "today": "aj aaj ajke ajk ajker aajke ajkei",
        "yesterday": "kal kalke kalker gotokal gotkal gotokalke gotokalker goto_kal gato_kal",
        "tomorrow": "agamikal agamikalke agami_kal",
        "2 days ago": "porshu porsu porshudin goto_porshu",
        "in 2 days": "agami_porshu",
    },
    "hi-Latn": {
        "today": "aaj aj",
        "yesterday": "kal kl beete_kal bita_kal beeta_kal",
        "tomorrow": "aane_wale_kal aane_wala_kal ane_wale_kal",
        "2 days ago": "parso parson parsoo",
    },
    "es": {
        "tomorrow": "manana",
        "in 2 days": "pasado_mañana pasado_manana",
        "yesterday": "anoche",
        "2 days ago": "antier antes_de_ayer antiayer",
    },
    "fr": {
        "today": "aujourd’hui aujourdhui aujourd_hui auj",
        "2 days ago": "avant_hier avanthier",
        "in 2 days": "apres_demain apres-demain après_demain",
    },
    "de": {"today": "heut", "in 2 days": "uebermorgen"},
}

_UNITS = {
    "en": {"days back/day", "weeks back/week", "week back/week", "months back/month"},
    "bn": {"দিন আগে/day", "দিন আগের/day", "দিন পূর্বে/day", "সপ্তাহ আগে/week", "মাস আগে/month"},
    "hi": {
        "दिन पहले/day", "दिनों पहले/day", "हफ्ते पहले/week", "हफ़्ते पहले/week", "हफ्ता पहले/week", "सप्ताह पहले/week",
        "महीने पहले/month", "महीना पहले/month",
    },
    "bn-Latn": {"din age/day", "din agey/day", "diner age/day", "soptaho age/week", "shoptaho age/week",
                "mas age/month", "mash age/month"},
    "hi-Latn": {"din pehle/day", "din pahle/day", "din phle/day", "din pehele/day", "hafte pehle/week",
                "hafta pehle/week", "hafte pahle/week", "hafte phle/week", "mahine pehle/month", "mahine pahle/month",
                "mahina pehle/month"},
}  # fmt: skip
_COUNTS = {
    "en": "one two three four five six seven eight nine ten",
    "es": "un dos tres cuatro cinco seis siete ocho nueve diez",
    "fr": "un deux trois quatre cinq six sept huit neuf dix",
    "de": "einem zwei drei vier fünf sechs sieben acht neun zehn",
    "bn": "এক দুই তিন চার পাঁচ ছয় সাত আট নয় দশ",
    "hi": "एक दो तीन चार पाँच छह सात आठ नौ दस",
    "bn-Latn": "ek dui tin char pach choy sat at noy dosh",
    "hi-Latn": "ek do teen char paanch chhe saat aath nau das",
}
_MORE_COUNTS = {
    "en": {"a": "1", "an": "1"},
    "es": {"una": "1"},
    "fr": {"une": "1"},
    "de": {"einer": "1", "ein": "1"},
    "bn": {"দু": "2"},
    "hi": {"पांच": "5", "छः": "6"},
    "bn-Latn": {"du": "2"},
    "hi-Latn": {"tin": "3", "panch": "5", "che": "6", "sat": "7"},
}

# Monday first
_ALSO_WEEKDAYS = {
    "bn": "সোমবার মঙ্গলবার বুধবার বৃহস্পতিবার,বৃহষ্পতিবার শুক্রবার শনিবার রবিবার,রোববার",
    "hi": "सोमवार मंगलवार बुधवार गुरुवार,गुरूवार,बृहस्पतिवार,वीरवार शुक्रवार शनिवार रविवार,इतवार",
    "es": "lunes martes miercoles jueves viernes sabado domingo",
    "de": "montag dienstag mittwoch donnerstag freitag samstag,sonnabend sonntag",
    "bn-Latn": (
        "sombar,shombar mongolbar,mongalbar budhbar,budbar brihospotibar,brihoshpotibar,bresspotibar "
        "shukrobar,sukrobar,shukkurbar shonibar,sonibar robibar,rabibar"
    ),
    "hi-Latn": (
        "somvar,somwar,somvaar,somwaar mangalvar,mangalwar,mangalvaar,mangalwaar budhvar,budhwar,budhvaar,budhwaar "
        "guruvar,guruwar,guruvaar,brihaspativar,veervar shukravar,shukrawar,shukarwar,shukravaar "
        "shanivar,shaniwar,shanivaar,shaniwaar ravivar,raviwar,ravivaar,itvar,itwar,itwaar"
    ),
}
_ALSO_SHORT_WEEKDAYS = {"en": "mon tue,tues wed,weds thu,thur,thurs fri sat sun"}


@dataclass(frozen=True)
class DateWords:
    """What one language's dates are made of. A phrase is (language, words) as dateparser reads them."""

    months: Mapping[str, tuple[str, str]]
    relative: Mapping[str, tuple[str, str]]
    # patterns of "3 days ago" where COUNT stands for the number; the phrase has `{}` in its place
    ago: Mapping[str, tuple[str, str]]
    counts: Mapping[str, str]
    weekdays: Mapping[str, int]
    # such as "mon": days only beside a word that says so
    short_weekdays: Mapping[str, int]

    KINDS: ClassVar = ("months", "relative", "ago", "counts", "weekdays", "short_weekdays")


@lru_cache
def words(code: str) -> DateWords:
    """The words of a language or a way of typing it, in lower case."""
    months = {typed: ("en", name) for typed, name in _pairs(_ALSO_MONTHS.get(code, ""))}
    relative = {
        typed.replace("_", " "): ("en", phrase)
        for phrase, several in _ALSO_RELATIVE.get(code, {}).items()
        for typed in several.split()
    }
    ago = {
        r"\s*".join(["COUNT", r"\s+".join(typed.split())]): ("en", f"{{}} {unit} ago")
        for typed, unit in sorted(pair.split("/") for pair in _UNITS.get(code, ()))
    }
    counts = {word: str(number) for number, word in enumerate(_COUNTS[code].split(), start=1)}
    weekdays, short = _listed(_ALSO_WEEKDAYS.get(code, "")), _listed(_ALSO_SHORT_WEEKDAYS.get(code, ""))
    if code in LOCALES:
        for month, names in _month_names(code):
            months = {name: ("en", _MONTHS[month - 1]) for name in names} | months
        relative = {word: (code, word) for word in _dateparser_days(code)} | relative
        ago = dict(_dateparser_ago(code)) | ago
        weekdays = {name.lower(): day for day, name in get_day_names("wide", locale=code).items()} | weekdays
        brief = {name.lower().strip("."): day for day, name in get_day_names("abbreviated", locale=code).items()}
        short = {name: day for name, day in brief.items() if len(name) > 2 and name not in _NO_WEEKDAYS} | short
    return DateWords(months, relative, ago, counts | _MORE_COUNTS[code], weekdays, short)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split():
        typed, name = pair.split("/")
        yield typed, name


def _listed(text: str) -> dict[str, int]:
    return {name: day for day, names in enumerate(text.split()) for name in names.split(",")}


def _month_names(code: str) -> Iterator[tuple[int, set[str]]]:
    # Hindi's short names without their abbreviation mark are words such as "new" and "people"
    widths: list[Literal["wide", "abbreviated"]] = ["wide"] if code == "hi" else ["wide", "abbreviated"]
    contexts: list[Literal["format", "stand-alone"]] = ["format", "stand-alone"]
    for month in range(1, 13):
        names = {
            get_month_names(width, context, code)[month].lower().strip(".") for width in widths for context in contexts
        }
        yield month, names - _NO_MONTHS


def _dateparser_days(code: str) -> Iterable[str]:
    relative = _data(code)["relative-type"]
    return [word for kind in _DAYS for word in relative.get(kind, []) if word != "till date"]


def _dateparser_ago(code: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for unit in ("day", "week", "month"):
        for pattern in _data(code)["relative-type-regex"].get(rf"\1 {unit} ago", []):
            # one or two letters for a unit ("hace 3 m") are other things more often
            if all(len(word) > 2 or word in ("il", "y", "a") for word in pattern.replace(_NUMBER, "###").split()):
                before, after = (part.strip() for part in pattern.split(_NUMBER))
                typed = r"\s+".join([*before.split(), "COUNT", *after.split()])
                yield typed, (code, f"{before} {{}} {after}".strip())


def _data(code: str) -> dict[str, dict[str, list[str]]]:
    return import_module(f"dateparser.data.date_translation_data.{code}").info


@lru_cache
def family(language: str | None) -> tuple[str, ...]:
    """The languages whose words may stand in a message: its own first, English and the two of the shop's home, since
    they are mixed in one sentence; but none whose words mean something else here (German "hier" is French yesterday).
    All of them when the language is not known."""
    home = ("en", "bn", "hi", *TYPINGS)
    if language in LOCALES[3:]:
        return (language, *islice(home, 3))
    if language in home:
        return (language, *(code for code in home if code != language))
    return (*home, *LOCALES[3:])
