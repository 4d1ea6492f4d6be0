"""Teaches the base of `tiny-zero` to think by rewards alone: GRPO (arXiv:2402.03300, section 4.1), without a penalty of distance, and with
every token and every question weighing the same (arXiv:2503.20783).

    python grpo.py --out zero --steps 300

One process with one thread. A run that was stopped goes on from zero/grpo.pt. A curve of every step is zero/grpo.jsonl.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor

import tasks
from model import DeepseekV3
from rewards import accuracy_reward, format_reward, reward
from sample import NEVER_WRITTEN, Answer, load_checkpoint, prompt_ids, sample
from train import save_whole
from vocabulary import END_THINK_ID, PAD_ID

TERMS = [3, 4, 5, 6, 7, 8]
TRAINING_TERMS = [3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8]
"""Short sums more often: at first they are the only ones that are ever right."""
MAX_TOKENS = 96
CLIP = 0.2
NEARLY_NEVER = -1e4
"""A logit whose probability is 0, and whose contribution to the entropy is too."""
LARGEST_GRADIENT = 1.0
WARM_UP_STEPS = 10
HELD_OUT_SEED = 2_000_003
HELD_OUT_PER_LENGTH = 30


@dataclass
class Sampled:
    """One answer and what it is worth."""

    prompt: list[int]
    answer: Answer
    text: str
    expected: str
    advantage: float = 0.0

    def thinking_tokens(self) -> int:
        """Up to `</think>`, or all where thinking never ends."""
        ids = self.answer.ids
        return ids.index(END_THINK_ID) if END_THINK_ID in ids else len(ids)


def exercises(random: Random, n: int, terms: list[int]) -> list[tasks.Exercise]:
    """Sums of these lengths in turn."""
    return [tasks.chain(random, terms[index % len(terms)]) for index in range(n)]


def answer_all(
    model: DeepseekV3,
    tokenizer: Tokenizer,
    items: list[tasks.Exercise],
    random: torch.Generator | None,
    budget: int | None = None,
) -> list[Sampled]:
    prompts = [prompt_ids(tokenizer, item.question) for item in items]
    answers = sample(model, prompts, MAX_TOKENS, random, budget)
    return [
        Sampled(prompt, answer, tokenizer.decode(answer.ids, skip_special_tokens=False), item.answer)
        for prompt, answer, item in zip(prompts, answers, items)
    ]


def measure(items: list[Sampled]) -> dict[str, float]:
    """Means over the answers: rewards, and tokens of thinking."""
    mean = lambda values: round(sum(values) / len(items), 4)  # noqa: E731
    return {
        "reward": mean(reward(item.text, item.expected) for item in items),
        "format": mean(format_reward(item.text) for item in items),
        "accuracy": mean(accuracy_reward(item.text, item.expected) for item in items),
        "thinkingTokens": mean(item.thinking_tokens() for item in items),
    }


def set_advantages(items: list[Sampled], group: int) -> None:
    """Each reward less the mean of those of the same question's answers.

    It is not divided by their deviation (arXiv:2503.20783): where no answer is right, that would blow up the small reward for form.
    """
    rewards = torch.tensor([reward(item.text, item.expected) for item in items]).view(-1, group)
    advantages = rewards - rewards.mean(1, keepdim=True)
    for item, advantage in zip(items, advantages.flatten().tolist()):
        item.advantage = advantage


def log_probabilities(model: DeepseekV3, items: list[Sampled]) -> tuple[Tensor, Tensor, Tensor]:
    """Of every token of the answers under the model now; the entropy of each token's distribution, in nats; and which tokens are
    real: all (answers, longest)."""
    rows = [item.prompt + item.answer.ids for item in items]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [PAD_ID] * (longest - len(row)) for row in rows])
    longest_answer = max(len(item.answer.ids) for item in items)
    places = torch.zeros(len(items), longest_answer, dtype=torch.long)
    is_real = torch.zeros(len(items), longest_answer, dtype=torch.bool)
    for row, item in enumerate(items):
        length, first = len(item.answer.ids), len(item.prompt)
        places[row, :length] = torch.arange(first, first + length)
        is_real[row, :length] = True
    hidden = model.hidden(ids)
    wanted = hidden.gather(1, (places - 1).clamp(min=0)[..., None].expand(-1, -1, hidden.shape[-1]))
    logits = model.lm_head(wanted)
    logits[..., NEVER_WRITTEN] = NEARLY_NEVER
    every = logits.log_softmax(-1)
    entropies = -(every.exp() * every).sum(-1)
    return every.gather(-1, ids.gather(1, places)[..., None])[..., 0], entropies, is_real


def policy_loss(model: DeepseekV3, items: list[Sampled], entropy_weight: float) -> tuple[Tensor, float]:
    """The clipped objective and a little of the entropy, negated, as a mean over all tokens; and the share of tokens clipped."""
    now, entropies, is_real = log_probabilities(model, items)
    before = torch.zeros_like(now)
    for row, item in enumerate(items):
        before[row, : len(item.answer.ids)] = torch.tensor(item.answer.log_probabilities)
    advantage = torch.tensor([item.advantage for item in items])[:, None]
    ratio = (now - before).masked_fill(~is_real, 0).exp()
    clipped = ratio.clamp(1 - CLIP, 1 + CLIP)
    objective = (torch.minimum(ratio * advantage, clipped * advantage) + entropy_weight * entropies) * is_real
    share = ((ratio != clipped) & is_real).sum() / is_real.sum()
    return -objective.sum() / is_real.sum(), share.item()


class Training:
    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        out: Path = arguments.out
        saved = out / "grpo.pt"
        self.model, self.tokenizer = load_checkpoint(saved if saved.exists() else out / "base.pt")
        self.optimizer = torch.optim.AdamW(self.model.parameters(), arguments.rate, (0.9, 0.95), weight_decay=0.0)
        self.step = 0
        if saved.exists():
            state = torch.load(saved)
            self.step = state["step"]
            self.optimizer.load_state_dict(state["optimizer"])
        self.log = open(out / "grpo.jsonl", "a", encoding="utf8")

    def run(self) -> None:
        while self.step < self.arguments.steps:
            if self.step % self.arguments.evaluate_every == 0:
                self._evaluate()
            self._learn()
            self.step += 1
            if self.step % self.arguments.save_every == 0:
                self._save()
        self._evaluate()
        self._save()

    def _learn(self) -> None:
        started = time.process_time()
        items = exercises(Random(1_000_000 + self.step), self.arguments.questions, TRAINING_TERMS)
        repeated = [item for item in items for _ in range(self.arguments.group)]
        random = torch.Generator().manual_seed(self.step)
        sampled = answer_all(self.model, self.tokenizer, repeated, random)
        set_advantages(sampled, self.arguments.group)
        sampling_seconds = time.process_time() - started
        line = {"step": self.step} | measure(sampled)
        telling = [item for item in sampled if abs(item.advantage) > 1e-6]
        clipped = self._update(telling) if telling else 0.0
        line |= {
            "telling": round(len(telling) / len(sampled), 3),
            "clipped": round(clipped, 4),
            "nats": round(nats_per_token(sampled), 3),
            "seconds": [round(sampling_seconds, 1), round(time.process_time() - started, 1)],
        }
        print(json.dumps(line), file=self.log, flush=True)

    def _update(self, items: list[Sampled]) -> float:
        """Several steps of the optimizer over answers in a random order; returns the mean share of clipped tokens."""
        order = Random(self.step).sample(items, len(items))
        parts = [order[start :: self.arguments.updates] for start in range(self.arguments.updates)]
        shares = []
        scale = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        for group in self.optimizer.param_groups:
            group["lr"] = self.arguments.rate * scale
        for part in filter(None, parts):
            self.optimizer.zero_grad()
            loss, clipped = policy_loss(self.model, part, self.arguments.entropy_weight)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
            self.optimizer.step()
            shares.append(clipped)
        return sum(shares) / len(shares)

    def _evaluate(self) -> None:
        """Greedy answers to the same questions each time, which training never asks."""
        items = exercises(Random(HELD_OUT_SEED), HELD_OUT_PER_LENGTH * len(TERMS), TERMS)
        sampled = answer_all(self.model, self.tokenizer, items, None)
        by_terms = {str(size): measure(sampled[index :: len(TERMS)]) for index, size in enumerate(TERMS)}
        line = {"step": self.step, "heldOut": measure(sampled), "byTerms": by_terms, "example": sampled[3].text}
        print(json.dumps(line, ensure_ascii=False), file=self.log, flush=True)

    def _save(self) -> None:
        out = self.arguments.out
        checkpoint = {"config": self.model.config, "step": self.step, "state": self.model.state_dict()}
        save_whole(checkpoint | {"optimizer": self.optimizer.state_dict()}, out / "grpo.pt")
        save_whole(checkpoint, out / f"step{self.step:04d}.pt")


def nats_per_token(items: list[Sampled]) -> float:
    """Mean negative log-probability of what was sampled: an estimate of the policy's entropy."""
    values = [value for item in items for value in item.answer.log_probabilities]
    return -sum(values) / len(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("zero"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--questions", type=int, default=12, help="each step")
    parser.add_argument("--group", type=int, default=12, help="answers to each question")
    parser.add_argument("--updates", type=int, default=2, help="of the weights, each step")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--entropy-weight", type=float, default=0.002, help="a reward for staying undecided, in 1 / nats")
    parser.add_argument("--evaluate-every", type=int, default=20)
    parser.add_argument("--save-every", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    Training(arguments).run()


if __name__ == "__main__":
    main()
