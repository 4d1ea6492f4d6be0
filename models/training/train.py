"""Trains on a CPU: one single-threaded worker per core, parameters and gradients in shared memory.

    python train.py --minutes 150 --out run --decay-from 0.7 --long-from 0.9
    python train.py --minutes 46 --out run --resume run/last.pt

Workers with one exchange per step beat one process with as many OpenMP threads, which wait for each other at
every operator, above all when other programs use the cores too. The schedule follows the wall clock, so a slow
machine trains less but still ends with the learning rate at zero. Works where processes can fork (Linux, macOS).
"""

import argparse
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor

from batches import NAMES, Batches, stratified_names
from config import CONFIG
from experts import auxiliary_loss
from load_record import LoadRecord
from model import DeepseekV3
from optimizer import Optimizer, shares_of_updates

WARM_UP_STEPS = 60
SHORT_ROW, LONG_ROW = 256, 512
LOG_EVERY_STEPS = 20
FREEZE_BIAS_FROM = 0.95
"""Share of the time after which the experts' balance is no longer corrected."""
BALANCES = ("bias", "loss", "none")
"""DeepSeek-V3's selection bias, an auxiliary loss, or nothing."""
FINISHED = 2.0
"""A progress beyond 1 ends training."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=65)
    parser.add_argument("--steps", type=int, default=10**9, help="stop after so many, whatever the time")
    parser.add_argument("--out", type=Path, default=Path("run"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=4096, help="per step, over all workers")
    parser.add_argument("--muon-rate", type=float, default=4e-3)
    parser.add_argument("--adam-rate", type=float, default=3e-3)
    parser.add_argument("--balance", choices=BALANCES, default="bias", help="what keeps the experts' loads even")
    parser.add_argument("--bias-rate", type=float, default=2e-3, help="of the experts' balancing bias")
    parser.add_argument("--auxiliary-weight", type=float, default=0.01, help="of the auxiliary loss, for each layer")
    parser.add_argument("--record-every", type=int, default=0, help="steps; each expert's load and bias, into balance.jsonl")
    parser.add_argument("--precision", choices=("highest", "medium"), default="highest", help="medium: products in bfloat16")
    parser.add_argument("--by-steps", action="store_true", help="the schedule follows --steps, not the clock")
    parser.add_argument("--further-weight", type=float, default=0.3, help="of multi-token prediction in the loss")
    parser.add_argument("--decay-from", type=float, default=0.6, help="share of the time")
    parser.add_argument("--long-from", type=float, default=0.85, help="share of the time; rows of 512 from then on")
    parser.add_argument("--save-every", type=float, default=4, help="minutes")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=JSON", help="changes to the config")
    return parser.parse_args()


@dataclass
class Shared:
    """What the workers tell each other, in shared memory."""

    gradients: list[Tensor]  # per worker, all parameters flat
    progress: Tensor  # share of the time, written by worker 0
    must_save: Tensor
    tokens: Tensor
    expert_counts: Tensor  # (workers, MoE layers, experts)
    domain_loss: Tensor  # (workers, domains), sums over rows
    domain_rows: Tensor  # (workers, domains)
    losses: Tensor  # (workers, 2): next token, token after it

    @staticmethod
    def create(model: DeepseekV3, workers: int, tokens: int) -> "Shared":
        size = sum(parameter.numel() for parameter in model.parameters())
        layers, experts = len(model.moe_layers()), model.config["n_routed_experts"]
        shared = Shared(
            gradients=[torch.zeros(size) for _ in range(workers)],
            progress=torch.zeros(1, dtype=torch.double),
            must_save=torch.zeros(1),
            tokens=torch.tensor([tokens]),
            expert_counts=torch.zeros(workers, layers, experts, dtype=torch.long),
            domain_loss=torch.zeros(workers, len(NAMES)),
            domain_rows=torch.zeros(workers, len(NAMES)),
            losses=torch.zeros(workers, 2),
        )
        for value in vars(shared).values():
            for tensor in value if isinstance(value, list) else [value]:
                tensor.share_memory_()
        return shared


@dataclass
class Window:
    """Sums over the steps since the last line of the log."""

    steps: int = 0
    tokens: int = 0
    domain_loss: Tensor = field(default_factory=lambda: torch.zeros(len(NAMES)))
    domain_rows: Tensor = field(default_factory=lambda: torch.zeros(len(NAMES)))
    losses: Tensor = field(default_factory=lambda: torch.zeros(2))
    violation: float = 0.0  # of the experts' balance, summed over steps
    expert_counts: Tensor | int = 0
    started: float = field(default_factory=time.time)

    def add(self, shared: Shared, counts: Tensor, tokens: int) -> None:
        self.steps += 1
        self.tokens += tokens
        self.domain_loss += shared.domain_loss.sum(0)
        self.domain_rows += shared.domain_rows.sum(0)
        self.losses += shared.losses.mean(0)
        self.violation += violation(counts)
        self.expert_counts = self.expert_counts + counts

    def line(self) -> dict:
        """Losses by domain, how far the busiest expert is above the mean, and speed."""
        per_domain = zip(NAMES, self.domain_loss.tolist(), self.domain_rows.tolist())
        main, further = (self.losses / self.steps).tolist()
        return {
            "loss": round(main, 4),
            "mtp": round(further, 4),
            "domain": {name: round(loss / rows, 3) for name, loss, rows in per_domain if rows > 0},
            "maxvio_batch": round(self.violation / self.steps, 3),
            "maxvio_window": round(violation(self.expert_counts), 3),
            "tok_s": round(self.tokens / (time.time() - self.started)),
        }


def violation(counts: Tensor) -> float:
    """The busiest expert's load over the mean, less 1, as a mean over layers."""
    return (counts.max(1)[0] / counts.mean(1)).mean().item() - 1


class Worker:
    def __init__(
        self,
        rank: int,
        model: DeepseekV3,
        shared: Shared,
        barrier,
        arguments: argparse.Namespace,
        start_step: int,
        resumed: dict | None,
    ):
        self.rank = rank
        self.world = arguments.workers
        self.model = model
        self.shared = shared
        self.barrier = barrier
        self.arguments = arguments
        self.start_step = self.step = start_step
        self.batches = Batches(seed=1 + rank + 100 * start_step)
        self.moe_layers = model.moe_layers()
        named = list(model.named_parameters())
        views = [views_of(flat, named) for flat in shared.gradients]
        for name, parameter in named:
            parameter.grad = views[rank][name]
        mine = shares_of_updates(named, self.world)[rank]
        self.optimizer = Optimizer(mine, views, arguments.muon_rate, arguments.adam_rate)
        if resumed:
            self.optimizer.load(resumed)

    def run(self) -> None:
        started = last_save = time.time()
        window = Window()
        log = open(self.arguments.out / "log.jsonl", "a", encoding="utf8") if self.rank == 0 else None
        record = LoadRecord(self.arguments.out / "balance.jsonl", self.arguments.record_every) if log else None
        while (progress := self._progress(started)) < 1:
            scale = self._rate_scale(progress)
            length = LONG_ROW if progress > self.arguments.long_from else SHORT_ROW
            rows = max(1, self.arguments.tokens // self.world // length)
            self._accumulate(rows, length)
            self.barrier.wait()
            self.optimizer.step(scale)
            self.step += 1
            if log:
                counts = self.shared.expert_counts.sum(0).float()
                if self.arguments.balance == "bias" and progress < FREEZE_BIAS_FROM:
                    self._balance(counts, scale)
                window.add(self.shared, counts, rows * self.world * length)
                record.add(self.step, counts, self.shared.losses.mean(0), self.moe_layers)
                if self.step % LOG_EVERY_STEPS == 0:
                    self.shared.tokens += window.tokens
                    head = {
                        "step": self.step,
                        "minutes": round((time.time() - started) / 60, 2),
                        "tokens": int(self.shared.tokens),
                        "lr": round(scale, 4),
                        "seq": length,
                    }
                    print(json.dumps(head | window.line()), file=log, flush=True)
                    window = Window()
                self.shared.must_save[0] = float(time.time() - last_save > self.arguments.save_every * 60)
            self.barrier.wait()
            if self.shared.must_save.item():
                self._save()
                last_save = time.time()
        self._save()

    def _progress(self, started: float) -> float:
        """Worker 0 reads the clock; all go by it."""
        if self.rank == 0:
            steps = self.step - self.start_step
            elapsed = (time.time() - started) / (self.arguments.minutes * 60)
            progress = steps / self.arguments.steps if self.arguments.by_steps else elapsed
            self.shared.progress[0] = FINISHED if steps >= self.arguments.steps else progress
        self.barrier.wait()
        return self.shared.progress.item()

    def _rate_scale(self, progress: float) -> float:
        """Warm-up, then constant, then linear to zero."""
        warm_up = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        decay_from = self.arguments.decay_from
        return warm_up * (1 if progress < decay_from else (1 - progress) / (1 - decay_from))

    def _accumulate(self, rows: int, length: int) -> None:
        """Gradients and statistics of this worker's share of the step."""
        names = stratified_names(self.step, rows * self.world)[self.rank :: self.world]
        ids, weights = self.batches.batch(names, length)
        self.shared.gradients[self.rank].zero_()
        loss, main, further, per_token = self.model.loss(ids, weights, self.arguments.further_weight)
        if self.arguments.balance == "loss":
            of_layers = [auxiliary_loss(moe.gate.last_scores, moe.last_counts) for moe in self.moe_layers]
            loss = loss + self.arguments.auxiliary_weight * torch.stack(of_layers).sum()
        loss.backward()
        self.shared.expert_counts[self.rank] = torch.stack([moe.last_counts for moe in self.moe_layers])
        self.shared.losses[self.rank] = torch.stack([main, further])
        target_weights = weights[:, 1 : length + 1]
        row_losses = (per_token * target_weights).sum(1) / target_weights.sum(1)
        domains = torch.tensor([NAMES.index(name) for name in names])
        self.shared.domain_loss[self.rank] = torch.zeros(len(NAMES)).index_add(0, domains, row_losses)
        self.shared.domain_rows[self.rank] = torch.bincount(domains, minlength=len(NAMES)).float()

    def _balance(self, counts: Tensor, scale: float) -> None:
        """Raises the selection bias of experts with too little to do and lowers the others', by sign alone."""
        for moe, load in zip(self.moe_layers, counts):
            direction = (load.mean() - load).sign()
            moe.gate.e_score_correction_bias.add_(direction * self.arguments.bias_rate * scale**0.5)

    def _save(self) -> None:
        out = self.arguments.out
        save_whole(self.optimizer.state(), out / f"optimizer{self.rank}.pt")
        if self.rank == 0:
            checkpoint = {
                "config": self.model.config,
                "step": self.step,
                "tokens": int(self.shared.tokens),
                "state": self.model.state_dict(),
            }
            save_whole(checkpoint, out / "last.pt")
        self.barrier.wait()


def views_of(flat: Tensor, named: list[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """The parts of one flat tensor that belong to each parameter."""
    parts = flat.split([parameter.numel() for _, parameter in named])
    return {name: part.view_as(parameter) for (name, parameter), part in zip(named, parts)}


def save_whole(value: dict, path: Path) -> None:
    """A file that is either the old one or the new one, never half of it."""
    temporary = path.with_suffix(".tmp")
    torch.save(value, temporary)
    os.replace(temporary, path)


def load_optimizers(folder: Path, workers: int) -> dict:
    """The workers' shares of the optimizer's state, joined."""
    parts = [torch.load(folder / f"optimizer{rank}.pt") for rank in range(workers)]
    joined: dict = {"steps": parts[0]["steps"], "momentum": {}, "square": {}}
    for part in parts:
        joined["momentum"] |= part["momentum"]
        joined["square"] |= part["square"]
    return joined


def run_worker(*parts) -> None:
    torch.set_num_threads(1)
    Worker(*parts).run()


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision(arguments.precision)
    torch.manual_seed(0)
    arguments.out.mkdir(parents=True, exist_ok=True)
    changes = dict(change.split("=", 1) for change in arguments.set)
    config = CONFIG | {name: json.loads(value) for name, value in changes.items()}
    step, tokens, state, optimizers = 0, 0, None, None
    if arguments.resume:
        checkpoint = torch.load(arguments.resume)
        config, step, tokens = checkpoint["config"], checkpoint["step"], checkpoint["tokens"]
        state = checkpoint["state"]
        optimizers = load_optimizers(arguments.resume.parent, arguments.workers)
    model = DeepseekV3(config)
    if state:
        model.load_state_dict(state)
    model.share_memory()
    total = sum(parameter.numel() for parameter in model.parameters())
    active, further = model.active_parameters(), model.active_parameters(further=True)
    print(
        f"{total / 1e6:.2f}M parameters, {active / 1e6:.2f}M active per token "
        f"(multi-token prediction {further / 1e6:.2f}M more)",
        flush=True,
    )
    shared = Shared.create(model, arguments.workers, tokens)
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(arguments.workers)
    processes = [
        context.Process(
            target=run_worker,
            args=(rank, model, shared, barrier, arguments, step, optimizers),
        )
        for rank in range(arguments.workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
