"""Writes down how evenly the experts of a training run are used."""

import json
from pathlib import Path

from torch import Tensor

from experts import MixtureOfExperts


class LoadRecord:
    """A line of JSON for every so many steps, over which loads, violations and losses are summed."""

    def __init__(self, path: Path, every: int):
        """`every` is a number of steps; with 0 nothing is written."""
        self.file = open(path, "w", encoding="utf8") if every > 0 else None
        self.every = every
        self._clear()

    def _clear(self) -> None:
        self.steps = 0
        self.counts: Tensor | int = 0
        self.violations: Tensor | int = 0
        self.losses: Tensor | int = 0

    def add(self, step: int, counts: Tensor, losses: Tensor, layers: list[MixtureOfExperts]) -> None:
        """`counts` is (layers, experts), of one step; `losses` are those of the next token and of the one after."""
        if self.file is None:
            return
        self.steps += 1
        self.counts = self.counts + counts
        self.violations = self.violations + (counts.max(1)[0] / counts.mean(1) - 1)
        self.losses = self.losses + losses
        if step % self.every != 0:
            return
        bias = [layer.gate.e_score_correction_bias.tolist() for layer in layers]
        line = {
            "step": step,
            "loss": rounded((self.losses / self.steps)[0].item()),
            "further_loss": rounded((self.losses / self.steps)[1].item()),
            "violation": rounded((self.violations / self.steps).tolist()),
            "load": rounded((self.counts / self.counts.sum(1, keepdim=True)).tolist()),
            "bias": rounded(bias),
        }
        print(json.dumps(line, separators=(",", ":")), file=self.file, flush=True)
        self._clear()


def rounded(value: float | list) -> float | list:
    """Four decimals, also of lists of lists."""
    return [rounded(item) for item in value] if isinstance(value, list) else round(value, 4)
