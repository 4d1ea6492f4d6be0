"""Trains the dense twin, from a teacher's probabilities or from the texts alone.

    python distill.py --teacher ../tiny --steps 1200 --out run-distilled
    python distill.py --steps 1200 --out run-scratch

Both see the same number of tokens in the same mixture of domains, from the same first weights, with the same schedule. With a
teacher the loss is the Kullback-Leibler divergence of the student's next-token probabilities from the teacher's, at temperature 1
(arXiv:1503.02531; no share of it is the usual loss), and half of the math rows are the teacher's own right answers from sample_thinking.py.
One process, one thread.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from batches import DATA, NAMES, Batches, stratified_names
from check_golden import load_exported
from dense import DENSE_CONFIG, Dense
from model import DeepseekV3
from optimizer import Optimizer
from train import LOG_EVERY_STEPS, LONG_ROW, SHORT_ROW, WARM_UP_STEPS, save_whole, views_of

SAMPLED_SHARE = 0.5
"""Of the math rows, where there is a teacher."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", help="an exported folder; without one the texts are the targets")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--tokens", type=int, default=2048, help="per step")
    parser.add_argument("--muon-rate", type=float, default=4e-3)
    parser.add_argument("--adam-rate", type=float, default=3e-3)
    parser.add_argument("--decay-from", type=float, default=0.5, help="share of the steps")
    parser.add_argument("--long-from", type=float, default=0.9, help="share of the steps; rows of 512 from then on")
    parser.add_argument("--save-every", type=int, default=100, help="steps")
    parser.add_argument("--precision", choices=("highest", "medium"), default="medium", help="medium: products in bfloat16")
    parser.add_argument("--out", type=Path, default=Path("run-distilled"))
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    return parser.parse_args()


class StudentBatches(Batches):
    """Rows of the default model's mixture; some of the math rows from the teacher's own answers."""

    def __init__(self, seed: int, has_teacher: bool):
        super().__init__(seed=seed)
        self.sampled_share = SAMPLED_SHARE if has_teacher else 0.0
        if has_teacher:
            with np.load(DATA / "thinking.train.npz") as file:
                self.thinking = (file["tokens"], file["starts"])

    def _text(self, name: str, length: int) -> np.ndarray:
        if name == "math" and self.random.random() < self.sampled_share:
            tokens, starts = self.thinking
            usable = starts[starts < len(tokens) - length]
            start = usable[self.random.integers(len(usable))]
            return tokens[start : start + length].astype(np.int64)
        return super()._text(name, length)


def divergence(student_logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the student from the teacher at every position, in nats, with the teacher's entropy added.

    So it compares with a cross-entropy, and its gradient is the divergence's. Logits are (..., vocabulary); the result is (...).
    """
    return -(teacher_logits.softmax(-1) * student_logits.log_softmax(-1)).sum(-1)


class Student:
    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        self.teacher: DeepseekV3 | None = load_exported(arguments.teacher) if arguments.teacher else None
        self.model = Dense(DENSE_CONFIG)
        self.batches = StudentBatches(1, self.teacher is not None)
        named = list(self.model.named_parameters())
        self.gradients = torch.zeros(sum(parameter.numel() for _, parameter in named))
        views = views_of(self.gradients, named)
        for name, parameter in named:
            parameter.grad = views[name]
        self.optimizer = Optimizer(named, [views], arguments.muon_rate, arguments.adam_rate)
        self.step = self.tokens = 0
        if arguments.resume:
            self._load()

    def run(self) -> None:
        log = open(self.arguments.out / "log.jsonl", "a", encoding="utf8")
        losses, domain_loss, domain_rows = 0.0, torch.zeros(len(NAMES)), torch.zeros(len(NAMES))
        started = time.process_time()
        while self.step < self.arguments.steps:
            progress = self.step / self.arguments.steps
            length = LONG_ROW if progress >= self.arguments.long_from else SHORT_ROW
            names = stratified_names(self.step, max(1, self.arguments.tokens // length))
            loss, row_losses = self._accumulate(names, length)
            scale = self._rate_scale(progress)
            self.optimizer.step(scale)
            self.step += 1
            self.tokens += len(names) * length
            losses += loss
            domains = torch.tensor([NAMES.index(name) for name in names])
            domain_loss.index_add_(0, domains, row_losses)
            domain_rows += torch.bincount(domains, minlength=len(NAMES))
            if self.step % LOG_EVERY_STEPS == 0:
                line = {
                    "step": self.step,
                    "tokens": self.tokens,
                    "cpu_minutes": round((time.process_time() - started) / 60, 2),
                    "lr": round(scale, 4),
                    "loss": round(losses / LOG_EVERY_STEPS, 4),
                    "domain": {
                        name: round(total / rows, 3)
                        for name, total, rows in zip(NAMES, domain_loss.tolist(), domain_rows.tolist())
                        if rows > 0
                    },
                }
                print(json.dumps(line), file=log, flush=True)
                losses = 0.0
                domain_loss.zero_()
                domain_rows.zero_()
            if self.step % self.arguments.save_every == 0 or self.step == self.arguments.steps:
                self._save()

    def _accumulate(self, names: list[str], length: int) -> tuple[float, Tensor]:
        """Gradients of one step. Returns what is minimised, and the texts' own loss of each row (rows)."""
        rows, weights = self.batches.batch(names, length)
        inputs, targets, target_weights = rows[:, :length], rows[:, 1 : length + 1], weights[:, 1 : length + 1]
        self.gradients.zero_()
        logits = self.model.lm_head(self.model.hidden(inputs))
        of_text = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)
        if self.teacher is None:
            per_token = of_text
        else:
            with torch.no_grad():
                teacher_logits = self.teacher.lm_head(self.teacher.hidden(inputs))
            per_token = divergence(logits, teacher_logits)
        loss = (per_token * target_weights).sum() / target_weights.sum()
        loss.backward()
        row_losses = (of_text.detach() * target_weights).sum(1) / target_weights.sum(1)
        return loss.item(), row_losses

    def _rate_scale(self, progress: float) -> float:
        """Warm-up, then constant, then linear to zero."""
        warm_up = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        decay_from = self.arguments.decay_from
        return warm_up * (1 if progress < decay_from else (1 - progress) / (1 - decay_from))

    def _save(self) -> None:
        checkpoint = {
            "config": self.model.config,
            "step": self.step,
            "tokens": self.tokens,
            "state": self.model.state_dict(),
            "optimizer": self.optimizer.state(),
            "random": self.batches.random.bit_generator.state,
        }
        save_whole(checkpoint, self.arguments.out / "last.pt")

    def _load(self) -> None:
        checkpoint = torch.load(self.arguments.out / "last.pt", weights_only=False)
        self.step, self.tokens = checkpoint["step"], checkpoint["tokens"]
        self.model.load_state_dict(checkpoint["state"])
        self.optimizer.load(checkpoint["optimizer"])
        self.batches.random.bit_generator.state = checkpoint["random"]


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision(arguments.precision)
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    student = Student(arguments)
    print(f"{sum(parameter.numel() for parameter in student.model.parameters()) / 1e6:.2f}M parameters", flush=True)
    student.run()


if __name__ == "__main__":
    main()
