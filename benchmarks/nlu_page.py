"""docs/benchmarks-nlu.md, written from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.nlu_cases import BASE, EACH, LOCALES
from benchmarks.nlu_runs import Result
from benchmarks.nlu_tables import ARM_NAMES, Arms, by_column, full, table, variants

# In-scope accuracy as its authors report it, on their test partitions.
PUBLISHED = (
    ("HINT3 sofmattress", "Rasa .69, Dialogflow .73, Haptik .72, BERT .74", "Arora et al. 2020"),
    ("HINT3 curekart", "Rasa .84, Dialogflow .75, Haptik .80, BERT .84", "Arora et al. 2020"),
    ("HINT3 powerplay11", "Rasa .49, Dialogflow .60, Haptik .67, BERT .59", "Arora et al. 2020"),
    ("HWU64, 10 examples", "Dialogflow .64, LUIS .67, Watson .78", "data of Liu et al. 2019, 10 examples an intent"),
    ("HWU64, 10 examples", "Dialogflow .656, LUIS .655, Watson .690, Cognigy .751, AutoFAQ .808", "AutoFAQ, same data"),
    ("MASSIVE, full", "XLM-R base .851, mean of 51 languages, trained on all of them", "FitzGerald et al. 2022"),
)


@dataclass(frozen=True)
class Measured:
    """A case that ran: when, on which machine, by which command, and what each arm reached."""

    title: str
    how: str
    date: str
    machine: str
    command: str
    arms: Mapping[str, Result]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "arms": {arm: one.as_dict() for arm, one in self.arms.items()}}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Measured:
        """What `as_dict` gave."""
        return cls(**{**raw, "arms": {arm: Result.from_dict(one) for arm, one in raw["arms"].items()}})


def page(measured: Mapping[str, Measured]) -> str:
    """The document; parts that were not measured are left out."""
    sets = [(_title(one), one.arms) for name, one in measured.items() if not name.startswith(("massive-", "content-"))]
    content = [(_title(one), one.arms) for name, one in measured.items() if name.startswith("content-")]
    parts = [INTRODUCTION.format(commands=_lines(measured, "command"), machines=_lines(measured, "machine"),
                                 dates=_dates(measured))]  # fmt: skip
    if sets:
        parts += ["## Public data sets", full(sets)]
    massive = _massive(measured)
    if massive:
        parts += ["## MASSIVE, each language by itself", MASSIVE, massive]
    if content:
        parts += ["## Our own content", CONTENT, full(content)]
        for heading, text in (
            ("In-scope accuracy by what is typed:", variants(content, lambda scores: scores.accuracy)),
            ("Language told, of messages of three words or more:", variants(content, lambda scores: scores.language)),
        ):
            parts += [heading, text] if text else []
    parts += ["## Published figures", NOT_THE_SAME, table(("", "in-scope accuracy", "source"), PUBLISHED), SOURCES]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _massive(measured: Mapping[str, Measured]) -> str:
    """Accuracy by language, of everything and of few examples, and what the training cost."""
    rows: list[tuple[str, Mapping[str, float | None]]] = []
    costs: list[Sequence[str]] = []
    for label, prefix in (("full", "massive-"), (f"{EACH} an intent", f"massive-{EACH}-")):
        found = {locale: measured[prefix + locale].arms for locale in LOCALES if prefix + locale in measured}
        for arm in ARM_NAMES:
            results = {locale: arms[arm] for locale, arms in found.items() if arm in arms}
            if results:
                name = f"{label}: {ARM_NAMES[arm]}"
                rows.append((name, {locale: one.scores.accuracy for locale, one in results.items()}))
                costs.append((name, *_costs(results)))
    if not rows:
        return ""
    locales = [locale for locale in LOCALES if any(locale in found for _, found in rows)]
    head = ("", "training, s (mean)", "memory, MB (largest)", "ms p50 (mean)")
    return by_column(rows, locales) + "\n\n" + table(head, costs)


def _costs(results: Arms) -> tuple[str, str, str]:
    ones = list(results.values())
    seconds = sum(one.training_seconds for one in ones) / len(ones)
    times = sum(one.scores.p50 or 0.0 for one in ones) / len(ones)
    return f"{seconds:.1f}", f"{max(one.peak_megabytes for one in ones):.0f}", f"{times:.1f}"


def _title(one: Measured) -> str:
    return f"{one.title} ({one.how})"


def _lines(measured: Mapping[str, Measured], name: str) -> str:
    return "; ".join(dict.fromkeys(f"`{getattr(one, name)}`" for one in measured.values()))


def _dates(measured: Mapping[str, Measured]) -> str:
    dates = sorted({one.date for one in measured.values()})
    return dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"


INTRODUCTION = """# Benchmarks of understanding

Written by `make bench-nlu`; run it again to get your own. Command: {commands}.

Machine: {machines}. Date: {dates}.

Each arm learns the same rows and is asked the same messages in a process of its own, one after the other on the same
two cores:

- **ours**: the pipeline of `config.yml`, trained by Rasa, loaded by Rasa's Agent and asked one message at a time;
- **stock Rasa**: the same with the pipeline that `rasa init` gives (DIET, 100 epochs; FallbackClassifier .3 and .1);
- **TF-IDF**: scikit-learn, words and pairs of words with character 1- to 5-grams, logistic regression with C = 20; it
  rejects only where `out_of_scope` is among the intents that it learns.

*In scope* is the accuracy on messages that have an intent, by the best one; a message called `out_of_scope` or
`foreign_language`, or that has no intent, counts as wrong. *Answered* takes being asked again (`nlu_fallback`) for
wrong too, *at once* also an offer of two; *without rejecting* takes the best intent in scope in any case. *Macro-F1*
is over the intents in scope. *Out of scope* is only measured where there are such messages, and a message asked about
again counts as rejected there; AUROC's score is 1 - the best confidence in scope, MCC is of the decision in or out.
*Offered two* and *asked again* are shares of all messages; *right among them* is the share of the offers in scope that
had the right one. Training is the training call alone, loading what it needs included; memory is the process's peak,
training and answering. Of folds, training is the mean and memory the largest. Two noisy cores move seconds by a
fifth, other work on them by several times: where a case's times are far from its neighbours', that is why."""

MASSIVE = f"""In-scope accuracy; a model for each language, none of which is told its language. With {EACH} examples an
intent the same lines were drawn in every language."""

CONTENT = f"""One model for everything that is typed. In *folds*, lines that say the same in several languages stay in
one fold: nothing is asked in one language that was learnt in another, as nobody has written down before what a customer
types. In *plain folds*, the usual ones, each line is dealt by itself, and one that is written in several languages is
asked in one of them when it was learnt in others: a figure to set beside others', not one to expect. In both, the
shipped student has met these lines when it learnt to place them, so that languages other than `{BASE}` look better than
they are. Nothing has learnt from the development questions, but n-grams alone find most of them among the examples:
they say more of the content than of the classifier.

The case of `{BASE}` alone learns no other examples: what a question is worth in other languages before anyone has
written them. A language cannot be learnt from one, so there our arm is told each message's; the other arms have no
use for it."""

NOT_THE_SAME = """What others report, on their own machines. Theirs are measured on the test partitions: only rows above
that say "test asked" can be set beside them; "dev", "a fifth" and folds only show where we stand."""

SETS = (
    (
        "banking77",
        "train",
        "77 banking intents, English (Casanueva et al. 2020)",
        "PolyAI-LDN/task-specific-datasets",
        "CC BY 4.0",
    ),
    (
        "clinc150",
        "train, dev",
        "150 intents and out-of-scope, English (Larson et al. 2019)",
        "clinc/oos-eval",
        "CC BY 3.0",
    ),
    (
        "hint3",
        "sofmattress.train, curekart.train, powerplay11.train",
        "real questions to three Indian shops' bots, English with some Hinglish (Arora et al. 2020)",
        "hellohaptik/HINT3 v1",
        "ODbL",
    ),
    (
        "hwu64-10",
        "train, dev",
        "64 intents, 10 examples each, English (Liu et al. 2019)",
        "xliuhw/NLU-Evaluation-Data",
        "CC BY 4.0",
    ),
    (
        "massive",
        ", ".join(f"{locale}.train, {locale}.dev" for locale in LOCALES),
        "60 assistant intents, parallel in six languages (FitzGerald et al. 2022)",
        "Amazon MASSIVE 1.0",
        "CC BY 4.0",
    ),
)

SOURCES = f"""## The data sets

None of them is in this repository. A folder with these files, each ending in `.jsonl`, is given to
`make bench-nlu NLU_SETS=folder`. Rows are JSON, one a line: `text`, `intent` (`out_of_scope` where a set has it). A
`test` file beside the others is asked instead of `dev`.

{table(("folder", "files", "what", "source", "licence"), SETS)}

- Arora et al. 2020, "HINT3: Raising the bar for Intent Detection in the Wild".
- Casanueva et al. 2020, "Efficient Intent Detection with Dual Sentence Encoders".
- FitzGerald et al. 2022, "MASSIVE: A 1M-Example Multilingual Natural Language Understanding Dataset with 51
  Typologically-Diverse Languages".
- Larson et al. 2019, "An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction".
- Liu et al. 2019, "Benchmarking Natural Language Understanding Services for building Conversational Agents".
- AutoFAQ, "NLU-Evaluation-Scripts", github.com/AutoFAQ/NLU-Evaluation-Scripts: 640 training and 1,076 test sentences of
  Liu et al.'s data."""
