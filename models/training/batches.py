"""Rows of tokens for training and evaluation, drawn by domain."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from config import CONFIG
from vocabulary import ASSISTANT_ID, BOS_ID, FIRST_ORDINARY_ID, USER_ID

DATA = Path(__file__).resolve().parent / "data"


class Domain(NamedTuple):
    share: float
    """Of the rows of a step."""
    may_start_anywhere: bool
    """May a row begin in the middle of a document?"""
    is_dialogue: bool
    """Then the words of the user count little as targets."""


DOMAINS = {
    "math": Domain(0.38, False, True),
    "code": Domain(0.13, True, False),
    "bible": Domain(0.08, True, False),
    "novel": Domain(0.09, True, False),
    "dictionary": Domain(0.06, False, True),
    "poems": Domain(0.05, False, True),
    "stories": Domain(0.07, False, True),
    "recall": Domain(0.14, False, True),
}
NAMES = list(DOMAINS)
SHARES = np.array([domain.share for domain in DOMAINS.values()])

QUIET_WEIGHT = 0.1
"""Of targets that nobody could predict, or that only the user says."""
GOLDEN_RATIO = 0.61803398875


class Batches:
    def __init__(self, split: str = "train", seed: int = 0):
        self.random = np.random.default_rng(seed)
        self.domains: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name in NAMES:
            with np.load(DATA / f"{name}.{split}.npz") as file:
                self.domains[name] = (file["tokens"], file["starts"])

    def batch(self, names: list[str], length: int) -> tuple[Tensor, Tensor]:
        """One row per name: token ids and target weights, both (rows, length + 2)."""
        drawn = [self._row(name, length + 2) for name in names]
        rows = torch.from_numpy(np.stack([row for row, _ in drawn]).astype(np.int64))
        noise = torch.tensor([leading for _, leading in drawn])[:, None]
        dialogue = torch.tensor([DOMAINS[name].is_dialogue for name in names])[:, None]
        user_turns = (rows == USER_ID).int().cumsum(1) > (rows == ASSISTANT_ID).int().cumsum(1)
        quiet = ((user_turns | (rows == BOS_ID)) & dialogue) | (torch.arange(length + 2) < noise)
        return rows, torch.where(quiet, QUIET_WEIGHT, 1.0)

    def _row(self, name: str, length: int) -> tuple[np.ndarray, int]:
        """Token ids, and how many leading ones are random."""
        if name == "recall" and self.random.random() < 0.5:
            return self._repeated_phrase(length)
        return self._text(name, length), 0

    def _repeated_phrase(self, length: int) -> tuple[np.ndarray, int]:
        """A random phrase over and over: after its first time an induction head predicts every token."""
        phrase_length = int(self.random.integers(4, 48))
        ids = np.arange(FIRST_ORDINARY_ID, CONFIG["vocab_size"])
        phrase = self.random.choice(ids, phrase_length, replace=False)
        return np.concatenate([[BOS_ID], np.resize(phrase, length - 1)]), phrase_length + 1

    def _text(self, name: str, length: int) -> np.ndarray:
        tokens, starts = self.domains[name]
        last_start = max(1, len(tokens) - length)
        if DOMAINS[name].may_start_anywhere and self.random.random() < 0.8:
            start = self.random.integers(0, last_start)
            return np.concatenate([[BOS_ID], tokens[start : start + length - 1]])
        usable = starts[starts < last_start]
        start = usable[self.random.integers(len(usable))]
        return tokens[start : start + length].astype(np.int64)


def stratified_names(step: int, rows: int) -> list[str]:
    """Domains of a step's rows, such that the shares hold in every step and not only on average."""
    offset = (step * GOLDEN_RATIO) % 1
    quantiles = (np.arange(rows) + offset) / rows % 1
    domains = np.searchsorted(SHARES.cumsum(), quantiles, side="right").clip(0, len(NAMES) - 1)
    return [NAMES[domain] for domain in domains]
