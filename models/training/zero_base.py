"""Trains the base of `tiny-zero` on texts without thinking, and the tokenizer before it.

    python zero_base.py --minutes 10 --out zero
    python zero_base.py --minutes 5 --out zero --resume zero/base.pt

One process with one thread. The schedule follows the process's own CPU time, so that other programs do not shorten it.
"""

import argparse
import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from model import DeepseekV3
from optimizer import Optimizer
from prepare_data import train_tokenizer, without_special_tokens
from train import save_whole, violation
from vocabulary import ASSISTANT_ID, BOS_ID, EOS_ID, USER_ID
from zero_config import ZERO_CONFIG
from zero_texts import documents

TOKENIZER_DOCUMENTS = 6000
ROWS, ROW_LENGTH = 24, 160
WARM_UP_STEPS = 60
DECAY_FROM = 0.5
FREEZE_BIAS_FROM = 0.95
BIAS_RATE = 5e-3
MUON_RATE, ADAM_RATE = 4e-3, 3e-3
QUIET_WEIGHT = 0.1
"""Of targets that only the user says."""
LOG_EVERY_STEPS = 50
SAVE_EVERY_STEPS = 200


def rows_of(tokenizer: Tokenizer, seed: int) -> Iterator[Tensor]:
    """Batches (rows, length + 1) of documents one after another; every row begins with a document."""
    texts = documents(Random(seed))
    while True:
        rows = []
        for _ in range(ROWS):
            row: list[int] = []
            while len(row) <= ROW_LENGTH:
                ids = tokenizer.encode(next(texts), add_special_tokens=False).ids
                row += [BOS_ID, *ids, EOS_ID]
            rows.append(row[: ROW_LENGTH + 1])
        yield torch.tensor(rows)


def target_weights(rows: Tensor) -> Tensor:
    """Weight of each token as a target, (rows, length + 1)."""
    is_user = (rows == USER_ID).int().cumsum(1) > (rows == ASSISTANT_ID).int().cumsum(1)
    return torch.where(is_user | (rows == BOS_ID), QUIET_WEIGHT, 1.0)


def next_token_loss(model: DeepseekV3, rows: Tensor) -> Tensor:
    """Weighted cross-entropy in nats."""
    logits = model.lm_head(model.hidden(rows[:, :-1])).flatten(0, 1)
    losses = F.cross_entropy(logits, rows[:, 1:].flatten(), reduction="none")
    weights = target_weights(rows)[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


def rate_scale(step: int, progress: float) -> float:
    """Warm-up, then constant, then linear to zero."""
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    return warm_up * (1 if progress < DECAY_FROM else (1 - progress) / (1 - DECAY_FROM))


def balance(model: DeepseekV3, scale: float) -> float:
    """Moves every expert's selection bias towards an equal load; returns how far the busiest is above the mean."""
    counts = torch.stack([moe.last_counts for moe in model.moe_layers()]).float()
    for moe, load in zip(model.moe_layers(), counts):
        direction = (load.mean() - load).sign()
        moe.gate.e_score_correction_bias.add_(direction * BIAS_RATE * scale**0.5)
    return violation(counts)


def train(tokenizer: Tokenizer, minutes: float, out: Path, resumed: dict | None) -> None:
    """A resumed model has no memory of its optimizer's moments, and warms up again."""
    model = DeepseekV3(ZERO_CONFIG)
    if resumed:
        model.load_state_dict(resumed["state"])
    first_step = step = resumed["step"] if resumed else 0
    named = list(model.named_parameters())
    for _, parameter in named:
        parameter.grad = torch.zeros_like(parameter)
    gradients = {name: parameter.grad for name, parameter in named}
    optimizer = Optimizer(named, [gradients], MUON_RATE, ADAM_RATE)
    log = open(out / "base.jsonl", "a", encoding="utf8")
    started, total, unbalanced = time.process_time(), 0.0, 0.0
    for rows in rows_of(tokenizer, seed=1 + first_step):
        progress = (time.process_time() - started) / (60 * minutes)
        if progress >= 1:
            break
        for gradient in gradients.values():
            gradient.zero_()
        loss = next_token_loss(model, rows)
        loss.backward()
        scale = rate_scale(step - first_step, progress)
        optimizer.step(scale)
        if progress < FREEZE_BIAS_FROM:
            unbalanced += balance(model, scale)
        step, total = step + 1, total + loss.item()
        if step % LOG_EVERY_STEPS == 0:
            line = {
                "step": step,
                "minutes": round((time.process_time() - started) / 60, 2),
                "tokens": step * ROWS * ROW_LENGTH,
                "loss": round(total / LOG_EVERY_STEPS, 4),
                "violation": round(unbalanced / LOG_EVERY_STEPS, 3),
            }
            print(json.dumps(line), file=log, flush=True)
            total = unbalanced = 0.0
        if step % SAVE_EVERY_STEPS == 0:
            save(model, step, out)
    save(model, step, out)


def save(model: DeepseekV3, step: int, out: Path) -> None:
    checkpoint = {"config": ZERO_CONFIG, "step": step, "state": model.state_dict()}
    save_whole(checkpoint, out / "base.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20, help="of CPU time")
    parser.add_argument("--out", type=Path, default=Path("zero"))
    parser.add_argument("--resume", type=Path, help="a checkpoint with its tokenizer beside it")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.resume:
        tokenizer = Tokenizer.from_file(str(arguments.resume.parent / "tokenizer.json"))
        resumed = torch.load(arguments.resume)
    else:
        sample = islice(documents(Random(3)), TOKENIZER_DOCUMENTS)
        tokenizer = train_tokenizer(map(without_special_tokens, sample), ZERO_CONFIG["vocab_size"])
        resumed = None
    tokenizer.save(str(arguments.out / "tokenizer.json"))
    train(tokenizer, arguments.minutes, arguments.out, resumed)


if __name__ == "__main__":
    main()
