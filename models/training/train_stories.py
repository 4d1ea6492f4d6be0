"""Goes on training an exported model with stories that keep to their requests for ten sentences.

    python train_stories.py ../tiny --minutes 36 --out run-stories
    python export.py run-stories/last.pt ../tiny-stories --tokenizer ../tiny/tokenizer.json --fp8

A layer of multi-token prediction is left out, and the experts' selection bias stays as it is. Every story is told anew (story_telling.py), so that none is seen twice; held-out combinations are in none of them. One process, one thread, float32. The
schedule follows the wall clock, so that a slow machine trains less but still ends with the learning rate at zero.
"""

import argparse
import json
import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from batches import QUIET_WEIGHT
from check_golden import load_exported
from dense import Dense
from model import DeepseekV3
from optimizer import Optimizer
from story_telling import example
from train import LOG_EVERY_STEPS, save_whole, views_of
from vocabulary import ASSISTANT_ID, BOS_ID, EOS_ID, USER_ID, chat

WARM_UP_STEPS = 20
ROW = 160
"""Tokens. Nearly every story fits, with its request; what is left over begins another."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("start", help="an exported folder")
    parser.add_argument("--minutes", type=float, default=36)
    parser.add_argument("--rows", type=int, default=8, help="of 160 tokens, per step")
    parser.add_argument("--muon-rate", type=float, default=3e-3)
    parser.add_argument("--adam-rate", type=float, default=2e-3)
    parser.add_argument("--decay-from", type=float, default=0.4, help="share of the time")
    parser.add_argument("--save-every", type=float, default=4, help="minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("run-stories"))
    return parser.parse_args()


def row(random: Random, tokenizer: Tokenizer, length: int) -> list[int]:
    """Stories one behind the other, the last one cut. The first begins the row, as in a chat."""
    ids: list[int] = []
    while len(ids) < length:
        asking, _, story = example(random)
        ids += [BOS_ID, *tokenizer.encode(chat(asking, story), add_special_tokens=False).ids, EOS_ID]
    return ids[:length]


def batch(random: Random, tokenizer: Tokenizer, rows: int) -> tuple[Tensor, Tensor]:
    """Ids and the weights of targets, both (rows, ROW + 1). What the user says counts little."""
    ids = torch.tensor([row(random, tokenizer, ROW + 1) for _ in range(rows)])
    is_request = (ids == USER_ID).int().cumsum(1) > (ids == ASSISTANT_ID).int().cumsum(1)
    return ids, torch.where(is_request | (ids == BOS_ID), QUIET_WEIGHT, 1.0)


def without_drafts(model: Dense | DeepseekV3) -> Dense | DeepseekV3:
    """The same model without the layer that predicts the token after next."""
    if isinstance(model, Dense):
        return model
    config = model.config | {"num_nextn_predict_layers": 0}
    shorter = DeepseekV3(config)
    further = f"model.layers.{config['num_hidden_layers']}."
    shorter.load_state_dict({name: tensor for name, tensor in model.state_dict().items() if not name.startswith(further)})
    return shorter


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    random = Random(arguments.seed)
    tokenizer = Tokenizer.from_file(f"{arguments.start}/tokenizer.json")
    model = without_drafts(load_exported(arguments.start)).train()
    named = list(model.named_parameters())
    gradients = torch.zeros(sum(parameter.numel() for _, parameter in named))
    views = views_of(gradients, named)
    for name, parameter in named:
        parameter.grad = views[name]
    optimizer = Optimizer(named, [views], arguments.muon_rate, arguments.adam_rate)
    step, losses, started = 0, 0.0, time.time()
    last_save = started
    with open(arguments.out / "log.jsonl", "a", encoding="utf8") as log:
        while (progress := (time.time() - started) / (arguments.minutes * 60)) < 1:
            ids, weights = batch(random, tokenizer, arguments.rows)
            gradients.zero_()
            logits = model.lm_head(model.hidden(ids[:, :-1]))
            per_token = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
            target_weights = weights[:, 1:].flatten()
            loss = (per_token * target_weights).sum() / target_weights.sum()
            loss.backward()
            decay = 1 if progress < arguments.decay_from else (1 - progress) / (1 - arguments.decay_from)
            optimizer.step(min(1.0, (step + 1) / WARM_UP_STEPS) * decay)
            step, losses = step + 1, losses + loss.item()
            if step % LOG_EVERY_STEPS == 0:
                minutes = round((time.time() - started) / 60, 2)
                line = {"step": step, "minutes": minutes, "tokens": step * arguments.rows * ROW, "loss": round(losses / LOG_EVERY_STEPS, 4)}
                print(json.dumps(line), file=log, flush=True)
                losses = 0.0
            if time.time() - last_save > arguments.save_every * 60:
                save(model, step, arguments)
                last_save = time.time()
    save(model, step, arguments)


def save(model: torch.nn.Module, step: int, arguments: argparse.Namespace) -> None:
    tokens = step * arguments.rows * ROW
    checkpoint = {"config": model.config, "step": step, "tokens": tokens, "state": model.state_dict()}
    save_whole(checkpoint, arguments.out / "last.pt")


if __name__ == "__main__":
    main()
