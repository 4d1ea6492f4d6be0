"""Long rows in which something said long ago is asked for: training rows, and accuracy by distance."""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

import corpora
from batches import DATA, QUIET_WEIGHT, Batches
from config import CONFIG
from model import DeepseekV3
from vocabulary import BOS_ID, END_THINK_ID, FIRST_ORDINARY_ID

FILLERS = ("novel", "bible", "code", "dictionary", "stories", "poems")
DISTANCES = (100, 250, 500, 1000, 1500, 1900)
PHRASE_LENGTH = 16


class RecallRows:
    """Draws rows for training: phrases among texts, each said again at any distance.

    Half of the phrases are random tokens and half are common words. What repeats a phrase counts in full, but for its first token,
    which nothing announces; all else counts a tenth.
    """

    def __init__(self, split: str = "train", seed: int = 0):
        self.random = np.random.default_rng(seed)
        self.texts = Batches(split, seed).domains

    def batch(self, rows: int, length: int) -> tuple[Tensor, Tensor]:
        """Token ids and target weights, both (rows, length + 2)."""
        drawn = [self._row(length + 2) for _ in range(rows)]
        ids = np.array([row for row, _ in drawn], np.int64)
        return torch.from_numpy(ids), torch.tensor([weights for _, weights in drawn])

    def _row(self, length: int) -> tuple[list[int], list[float]]:
        ids, weights, phrases = [BOS_ID], [QUIET_WEIGHT], []
        while len(ids) < length:
            draw = self.random.random()
            repeats = draw >= 0.6 and phrases
            if draw < 0.4:
                part = self.filler(int(self.random.integers(8, 80)))
            elif repeats:
                part = phrases.pop(int(len(phrases) * self.random.random() ** 2))  # seldom one that was just said
            else:
                size = int(self.random.integers(6, 25))
                part = self.phrase(size) if self.random.random() < 0.5 else self.words(size // 2)
            if draw >= 0.4:
                phrases.append(part)
            ids += part
            weights += [QUIET_WEIGHT, *[1.0 if repeats else QUIET_WEIGHT] * (len(part) - 1)]
        return ids[:length], weights[:length]

    def filler(self, size: int) -> list[int]:
        """Neighbouring tokens of some text, special ones left out."""
        tokens, _ = self.texts[FILLERS[self.random.integers(len(FILLERS))]]
        start = self.random.integers(0, len(tokens) - 2 * size - 64)
        ids = [int(token) for token in tokens[start : start + 2 * size + 64] if token > END_THINK_ID]
        return ids[:size]

    def phrase(self, size: int) -> list[int]:
        """Different random tokens."""
        return self.random.choice(np.arange(FIRST_ORDINARY_ID, CONFIG["vocab_size"]), size, replace=False).tolist()

    def words(self, count: int) -> list[int]:
        """Different common words, each behind a space, and a full stop."""
        text = "".join(f" {word}" for word in self.random.choice(_words(), count, replace=False))
        return _tokenizer().encode(f"{text}.", add_special_tokens=False).ids


@cache
def _tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(DATA / "tokenizer.json"))


@cache
def _words() -> list[str]:
    """The commonest short words of the novel."""
    return corpora.common_words(corpora.novel()[:60])


def recall_at(model: DeepseekV3, distance: int, rows: int = 12, seed: int = 1) -> dict:
    """What the model makes of phrases that come back `distance` tokens later, but for their first tokens.

    Accuracy of greedy tokens and loss (nats per token), of random tokens and of words; each row has one phrase of either kind.
    """
    source = RecallRows("val", seed)
    hits, losses = {"tokens": [], "words": []}, {"tokens": [], "words": []}
    for _ in range(rows):
        phrases = {"tokens": source.phrase(PHRASE_LENGTH), "words": source.words(PHRASE_LENGTH // 2)}
        said = [*phrases["tokens"], *source.filler(8), *phrases["words"]]
        row = torch.tensor([BOS_ID, *source.filler(32), *said, *source.filler(distance - len(said)), *said])
        with torch.no_grad():
            logits = model.lm_head(model.hidden(row[None])[0])
        ends = {"tokens": len(row) - len(said) + PHRASE_LENGTH, "words": len(row)}
        for kind, phrase in phrases.items():
            predicting = logits[ends[kind] - len(phrase) : ends[kind] - 1]
            targets = row[ends[kind] - len(phrase) + 1 : ends[kind]]
            hits[kind] += (predicting.argmax(-1) == targets).tolist()
            losses[kind].append(F.cross_entropy(predicting, targets).item())
    return {
        kind: {
            "accuracy": round(sum(hits[kind]) / len(hits[kind]), 3),
            "loss": round(sum(losses[kind]) / rows, 3),
        }
        for kind in hits
    }


def recall_by_distance(model: DeepseekV3, rows: int = 12) -> dict[int, dict]:
    return {distance: recall_at(model, distance, rows) for distance in DISTANCES}
