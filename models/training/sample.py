"""Fast batched sampling on a CPU: expanded keys and values are kept, and finished answers leave the batch.

    python sample.py zero/base.pt 7+5-3+8=? --n 8
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor

from attention import LatentAttention
from generate import left_padded
from model import DeepseekV3
from vocabulary import ASSISTANT, ASSISTANT_ID, BOS_ID, END_THINK_ID, EOS_ID, PAD_ID, THINK, THINK_ID, USER, USER_ID

NEVER_WRITTEN = [BOS_ID, PAD_ID, USER_ID, ASSISTANT_ID, THINK_ID]
"""Tokens that only a template puts down; a reply that writes them has begun another conversation."""
DROP_FINISHED_EVERY = 8
"""Tokens between two looks at who is still writing."""


class Answer(NamedTuple):
    ids: list[int]
    """The end token included, where the answer ended."""
    log_probabilities: list[float]
    """Of each token at temperature 1, in nats."""


class LayerCache:
    """Keys and values of one layer, (batch, heads, positions, size), in memory for the whole answer."""

    def __init__(self, attention: LatentAttention, batch: int, positions: int):
        width = attention.nope_size + attention.rope_size
        self.attention = attention
        self.keys = torch.zeros(batch, attention.n_heads, positions, width)
        self.values = torch.zeros(batch, attention.n_heads, positions, attention.value_size)

    def attend(self, x: Tensor, cos: Tensor, sin: Tensor, start: int, mask: Tensor) -> Tensor:
        """Output of attention for T new tokens from position `start` on; `mask` is (batch, 1, T, start + T)."""
        attention, end = self.attention, start + x.shape[1]
        query = attention.queries(x, cos, sin)
        key, value = attention.keys_and_values(*attention.latents(x, cos, sin))
        self.keys[:, :, start:end] = key
        self.values[:, :, start:end] = value
        scores = query @ self.keys[:, :, :end].transpose(-1, -2) * query.shape[-1] ** -0.5
        weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        mixed = (weights @ self.values[:, :, :end]).transpose(1, 2)
        return attention.o_proj(mixed.reshape(*x.shape[:2], -1))

    def keep(self, rows: Tensor) -> None:
        self.keys, self.values = self.keys[rows], self.values[rows]


class Sampler:
    """A batch of answers as it grows."""

    def __init__(self, model: DeepseekV3, prompts: list[list[int]], max_tokens: int):
        self.model = model
        longest = max(map(len, prompts))
        self.padding = torch.tensor([longest - len(prompt) for prompt in prompts])
        self.ids = torch.tensor([[PAD_ID] * (longest - len(prompt)) + prompt for prompt in prompts])
        self.rows = torch.arange(len(prompts))  # which answers are still in the batch
        self.start = 0
        self.caches = [
            LayerCache(layer.self_attn, len(prompts), longest + max_tokens) for layer in model.decoder_layers()
        ]

    def logits(self) -> Tensor:
        """Of the next token (batch, V), after reading what `ids` holds."""
        positions, mask = left_padded(self.padding, self.start, self.ids.shape[1])
        cos, sin = self.model.cos[positions], self.model.sin[positions]
        x = self.model.model.embed_tokens(self.ids)
        for layer, cache in zip(self.model.decoder_layers(), self.caches):
            x = x + cache.attend(layer.input_layernorm(x), cos, sin, self.start, mask)
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        self.start += self.ids.shape[1]
        return self.model.lm_head(self.model.model.norm(x[:, -1]))

    def keep(self, rows: Tensor) -> None:
        self.padding, self.ids, self.rows = self.padding[rows], self.ids[rows], self.rows[rows]
        for cache in self.caches:
            cache.keep(rows)


@torch.no_grad()
def sample(
    model: DeepseekV3,
    prompts: list[list[int]],
    max_tokens: int,
    random: torch.Generator | None = None,
    budget: int | None = None,
) -> list[Answer]:
    """Answers at temperature 1, or greedy ones without `random`. After `budget` tokens `</think>` takes the place of the next."""
    sampler = Sampler(model, prompts, max_tokens)
    answers = [Answer([], []) for _ in prompts]
    is_open = torch.ones(len(prompts), dtype=torch.bool)  # thinking has not ended
    is_done = torch.zeros(len(prompts), dtype=torch.bool)
    for step in range(max_tokens):
        logits = sampler.logits()
        logits[:, NEVER_WRITTEN] = float("-inf")
        log_probabilities = logits.log_softmax(-1)
        if random is None:
            chosen = log_probabilities.argmax(-1)
        else:
            chosen = torch.multinomial(log_probabilities.exp(), 1, generator=random)[:, 0]
        rows = sampler.rows
        if step == budget:
            chosen = torch.where(is_open[rows], END_THINK_ID, chosen)
        taken = log_probabilities.gather(1, chosen[:, None])[:, 0].tolist()
        for row, token, log_probability, done in zip(rows.tolist(), chosen.tolist(), taken, is_done[rows].tolist()):
            if not done:
                answers[row].ids.append(token)
                answers[row].log_probabilities.append(log_probability)
        is_open[rows] &= chosen != END_THINK_ID
        is_done[rows] |= chosen == EOS_ID
        if is_done.all():
            break
        sampler.ids = chosen[:, None]
        if step % DROP_FINISHED_EVERY == 0:
            sampler.keep((~is_done[rows]).nonzero()[:, 0])
    return answers


def prompt_ids(tokenizer: Tokenizer, question: str) -> list[int]:
    """A question as a user's turn, with thinking opened."""
    return [BOS_ID, *tokenizer.encode(f"{USER}{question}{ASSISTANT}{THINK}", add_special_tokens=False).ids]


def load_checkpoint(path: Path) -> tuple[DeepseekV3, Tokenizer]:
    """A model of zero_base.py or grpo.py and the tokenizer beside it."""
    checkpoint = torch.load(path)
    model = DeepseekV3(checkpoint["config"])
    model.load_state_dict(checkpoint["state"])
    return model.eval(), Tokenizer.from_file(str(path.parent / "tokenizer.json"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("question")
    parser.add_argument("--n", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, tokenizer = load_checkpoint(arguments.checkpoint)
    prompts = [prompt_ids(tokenizer, arguments.question)] * arguments.n
    for answer in sample(model, prompts, 96, torch.Generator().manual_seed(0)):
        print(repr(tokenizer.decode(answer.ids, skip_special_tokens=False)))


if __name__ == "__main__":
    main()
