"""Training the student: `python -m bot.nlu.distil [--massive FOLDER] [--out FILE]`.

It learns from sentences that say the same in English and in another of our languages: examples of the content with the
same line id, the pairs in `data/parallel/*.tsv`, and, where the folder is given, Amazon MASSIVE's training partition
(FitzGerald et al. 2022, CC BY 4.0; files such as `bn-BD.train.jsonl` with `id` and `text`). The English side goes
through the encoder, and the student learns to put the other side at the same place: cosine, and telling the right one
from others of its batch (van den Oord et al. 2018, InfoNCE). The same seed gives the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.content.library import read
from bot.nlu import student, teacher
from bot.nlu.grams import HashedGrams
from bot.nlu.normalise import normalise
from bot.nlu.vector_file import VectorFile

BUCKETS, WIDTH, HIDDEN = 2**16, 256, 768
BATCH, RATE, TEMPERATURE, DROPPED = 512, 2e-3, 0.05, 0.15
KEPT = Path(".rasa/vectors")
# how much more often a sentence of shops is seen than one of anything else
OURS = 3.0


@dataclass(frozen=True)
class Pair:
    """A text and the English that says the same; `ours` when it is about shops."""

    text: str
    english: str
    ours: bool


def main() -> None:
    """Trains and writes the weights, and what they were made of beside them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--massive", type=Path, help="a folder of MASSIVE's languages as JSON lines")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=student.SHIPPED)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    began = time.monotonic()
    pairs = [*of_content(arguments.data), *of_files(arguments.data / "parallel")]
    ours = len(pairs)
    if arguments.massive:
        pairs += of_massive(arguments.massive)
    print(f"{len(pairs)} pairs, {ours} of them about shops", file=sys.stderr)
    wanted = _taught([pair.english for pair in pairs])
    weights = train(pairs, wanted, arguments.epochs, arguments.seed)
    weights["met"] = np.unique(np.array([student.mark(pair.text) for pair in pairs], dtype=np.uint32))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.out, **weights)
    card = {
        "encoder": teacher.fingerprint(teacher.PACKAGED),
        "pairs": {"content": ours, "MASSIVE 1.0 (Amazon, CC BY 4.0), training partition": len(pairs) - ours},
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "seconds": round(time.monotonic() - began),
        "bytes": arguments.out.stat().st_size,
        "sha256": hashlib.sha256(arguments.out.read_bytes()).hexdigest(),
    }
    arguments.out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card), file=sys.stderr)


def of_content(folder: Path) -> list[Pair]:
    """Examples whose line id an English example of the same question has; each English one stands for itself."""
    pairs = []
    for question in read(folder).questions.values():
        english = {example.id: example.text for example in question.examples.get("en", ()) if example.id}
        pairs += [Pair(example.text, example.text, True) for example in question.examples.get("en", ())]
        pairs += [
            Pair(example.text, english[example.id], True)
            for code, examples in question.examples.items()
            for example in examples
            if code != "en" and example.id in english
        ]
    return pairs


def of_files(folder: Path) -> list[Pair]:
    """Lines of a text, a tab and its English; lines that begin with # are remarks."""
    return [
        Pair(text, english, True)
        for path in sorted(folder.glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
        for text, english, *_ in [[*line.split("\t"), ""]]
        if text and english
    ]


def of_massive(folder: Path) -> Iterator[Pair]:
    """Every sentence of MASSIVE's training partition beside the English one of the same id."""
    english = {row["id"]: row["text"] for row in _rows(folder / "en-US.train.jsonl")}
    for path in sorted(folder.glob("*.train.jsonl")):
        for row in _rows(path):
            if row["id"] in english:
                yield Pair(row["text"], english[row["id"]], False)


def train(pairs: list[Pair], wanted: npt.NDArray[np.float32], epochs: int, seed: int) -> dict[str, npt.NDArray[Any]]:
    """The weights of `bot.nlu.student.Student` for these pairs and the vectors of their English."""
    import torch
    from torch.nn import functional

    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    rows = HashedGrams(BUCKETS).rows([pair.text for pair in pairs])
    likely = np.array([OURS if pair.ours else 1.0 for pair in pairs])
    net = _network(wanted.shape[1])
    targets = torch.from_numpy(wanted)
    rest = [part for name, part in net.named_parameters() if name != "table.weight"]
    solver = torch.optim.AdamW(
        [{"params": [net.table.weight], "weight_decay": 0.0}, {"params": rest, "weight_decay": 0.01}], fused=True
    )
    steps = epochs * max(1, len(pairs) // BATCH)
    began = time.monotonic()
    for step in range(steps):
        rate = RATE * min(1.0, 10 * (step + 1) / steps) * (1.0 - step / steps) * 1.5
        for group in solver.param_groups:
            group["lr"] = rate
        chosen = chance.choice(len(pairs), BATCH, p=likely / likely.sum())
        made = net(*_bags(rows[chosen], DROPPED, chance))
        right = targets[chosen]
        scores = made @ right.T / TEMPERATURE
        same = (right @ right.T > 0.97) & ~torch.eye(BATCH, dtype=torch.bool)
        near = (made * right).sum(dim=1).mean()
        lost = 4.0 * (1.0 - near) + functional.cross_entropy(scores.masked_fill(same, -1e4), torch.arange(BATCH))
        solver.zero_grad()
        lost.backward()
        solver.step()
        if (step + 1) % max(1, steps // epochs) == 0:
            spent = time.monotonic() - began
            print(f"step {step + 1} of {steps}: cosine {near.item():.3f}, {spent:.0f} s", file=sys.stderr)
    return _packed(net)


def _network(out: int) -> Any:
    """The student with weights that can learn."""
    import torch
    from torch.nn import functional

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.EmbeddingBag(BUCKETS, WIDTH, mode="sum")
            torch.nn.init.normal_(self.table.weight, std=0.05)
            self.norm = torch.nn.LayerNorm(WIDTH)
            self.hidden = torch.nn.Linear(WIDTH, HIDDEN)
            self.out = torch.nn.Linear(HIDDEN, out)
            self.skip = torch.nn.Linear(WIDTH, out, bias=False)
            self.drop = torch.nn.Dropout(0.1)

        def forward(self, places: Any, starts: Any, weights: Any) -> Any:
            mean = self.drop(self.norm(self.table(places, starts, per_sample_weights=weights)))
            made = self.out(self.drop(functional.gelu(self.hidden(mean)))) + self.skip(mean)
            return functional.normalize(made, dim=1)

    return Network()


def _bags(rows: Any, dropped: float, chance: np.random.Generator) -> tuple[Any, Any, Any]:
    """A batch for PyTorch's EmbeddingBag, some of its grams left out: typed words are never whole for sure."""
    import torch

    weights = rows.data * (chance.random(len(rows.data)) >= dropped)
    return (
        torch.from_numpy(rows.indices.astype(np.int64)),
        torch.from_numpy(rows.indptr[:-1].astype(np.int64)),
        torch.from_numpy(weights.astype(np.float32)),
    )


def _packed(net: Any) -> dict[str, npt.NDArray[Any]]:
    parts = {name: part.detach().numpy() for name, part in net.named_parameters()}
    table = parts["table.weight"]
    scale = np.abs(table).max(axis=1).clip(min=1e-8) / 127.0
    layers = {
        "norm_gain": parts["norm.weight"],
        "norm_shift": parts["norm.bias"],
        "hidden": parts["hidden.weight"].T,
        "hidden_bias": parts["hidden.bias"],
        "out": parts["out.weight"].T,
        "out_bias": parts["out.bias"],
        "skip": parts["skip.weight"].T,
    }
    return {
        "table": np.rint(table / scale[:, None]).astype(np.int8),
        "scale": scale.astype(np.float32),
        **{name: layer.astype(np.float16) for name, layer in layers.items()},
    }


def _taught(texts: list[str]) -> npt.NDArray[np.float32]:
    """What the encoder makes of English sentences; each is encoded once, also over several trainings."""
    file = VectorFile(KEPT, teacher.fingerprint(teacher.PACKAGED))
    return np.asarray(file.through("taught", [normalise(text) for text in texts], _encode), dtype=np.float32)


def _encode(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    return teacher.Teacher.load(int8=False).encode(list(texts))


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    main()
