"""Which of some languages a text is in: logistic regression over its words and character n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from bot.nlu.decision import softmax
from bot.nlu.linear import Linear
from bot.nlu.weighing import counted, rarity, weighed

LONGEST = 4


@dataclass(frozen=True)
class LanguageModel:
    """The known pieces by their place, how rare each is, and what they say for each language."""

    vocabulary: dict[str, int]
    rarities: npt.NDArray[np.float32]
    choice: Linear

    @classmethod
    def fit(cls, texts: Sequence[str], languages: Sequence[str]) -> LanguageModel:
        """Of two languages at least, each text in its own."""
        counter = CountVectorizer(analyzer=pieces, min_df=2 if len(texts) > 100 else 1, dtype=np.float32)
        counts = counter.fit_transform(texts)
        rarities = rarity(counts)
        choice = LogisticRegression(C=10, max_iter=100, class_weight="balanced", multi_class="multinomial")
        choice.fit(weighed(counts, rarities), languages)
        vocabulary = {piece: int(place) for piece, place in counter.vocabulary_.items()}
        return cls(vocabulary, rarities, Linear.of(choice))

    def best(self, text: str) -> tuple[str, float] | None:
        """The likeliest language and its probability; None when nothing of the text is known."""
        row = counted(pieces(text), self.vocabulary)
        if not row.nnz:
            return None
        chances = softmax(self.choice.scores(weighed(row, self.rarities)))[0]
        place = int(chances.argmax())
        return str(self.choice.classes[place]), float(chances[place])


def pieces(text: str) -> list[str]:
    """Words, and the n-grams of one to four characters of each with a space around it."""
    words = text.split()
    found = [f"w:{word}" for word in words]
    for word in words:
        padded = f" {word} "
        for size in range(1, LONGEST + 1):
            found.extend(padded[start : start + size] for start in range(len(padded) - size + 1))
    return [piece for piece in found if piece != " "]  # which every text has
